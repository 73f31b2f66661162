//! The annotated item, parsed up to its signature.
//!
//! The body stays opaque tokens: the compiler reports errors in a half-typed body at the right column, and completion
//! in editors keeps working.

use crate::errors::Errors;
use crate::keys::found;
use proc_macro2::{Span, TokenStream};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Ident, LitStr, Signature, Token, Visibility};

/// A function without its body.
pub(crate) struct Function {
    /// The attributes above the function, doc comments among them.
    pub(crate) attrs: Vec<Attribute>,
    /// Visibility, possibly empty.
    pub(crate) vis: Visibility,
    /// From `async` to the return type.
    pub(crate) sig: Signature,
}

impl Parse for Function {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = input.parse()?;
        let _body: TokenStream = input.parse()?;
        Ok(Self { attrs, vis, sig })
    }
}

/// The name of the function in `item`, even when its signature cannot be read.
pub(crate) fn name(item: &TokenStream) -> Option<Ident> {
    let read = |input: ParseStream| {
        skip_to_item(input)?;
        skip_qualifiers(input)?;
        input.parse::<Token![fn]>()?;
        let name = input.parse::<Ident>()?;
        let _rest: TokenStream = input.parse()?;
        Ok(name)
    };
    read.parse2(item.clone()).ok()
}

/// Reads a function, or names the item in its place.
pub(crate) fn function(item: &TokenStream, errors: &mut Errors) -> Option<Function> {
    if name(item).is_some() {
        return match syn::parse2(item.clone()) {
            Ok(function) => Some(function),
            Err(error) => {
                errors.syntax(&error);
                None
            }
        };
    }
    let read = |input: ParseStream| {
        skip_to_item(input)?;
        let start = found(input);
        skip_qualifiers(input)?;
        let keyword = found(input);
        let kind = match kind_of(&keyword.text) {
            Some(kind) => kind.to_owned(),
            // `const LIMIT`: the qualifier was the keyword.
            None => kind_of(&start.text).map_or_else(|| start.text.clone(), str::to_owned),
        };
        let token = if kind_of(&keyword.text).is_some() {
            keyword.token
        } else {
            start.token
        };
        let _rest: TokenStream = input.parse()?;
        Ok((kind, token))
    };
    let (kind, token) = read
        .parse2(item.clone())
        .unwrap_or_else(|_| ("nothing".to_owned(), TokenStream::new()));
    let message = format!("expected an `async fn`, found {kind}");
    if token.is_empty() {
        errors.at(Span::call_site(), message);
    } else {
        errors.on(token, message);
    }
    None
}

fn skip_to_item(input: ParseStream) -> syn::Result<()> {
    input.call(Attribute::parse_outer)?;
    input.parse::<Visibility>()?;
    Ok(())
}

/// Takes the qualifiers `const async unsafe extern "C"`.
fn skip_qualifiers(input: ParseStream) -> syn::Result<()> {
    input.parse::<Option<Token![const]>>()?;
    input.parse::<Option<Token![async]>>()?;
    input.parse::<Option<Token![unsafe]>>()?;
    if input.parse::<Option<Token![extern]>>()?.is_some() {
        input.parse::<Option<LitStr>>()?;
    }
    Ok(())
}

/// The kind of item that the keyword (in backticks) starts.
fn kind_of(keyword: &str) -> Option<&'static str> {
    Some(match keyword.trim_matches('`') {
        "struct" => "a struct",
        "enum" => "an enum",
        "union" => "a union",
        "trait" => "a trait",
        "impl" => "an `impl` block",
        "mod" => "a module",
        "const" => "a constant",
        "static" => "a static",
        "type" => "a type alias",
        "use" => "a `use` declaration",
        "extern" => "an `extern` item",
        "macro_rules" => "a macro",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{function, name};
    use crate::errors::Errors;
    use crate::testing::messages;
    use proc_macro2::TokenStream;

    fn tokens(source: &str) -> TokenStream {
        source.parse().unwrap()
    }

    #[test]
    fn the_function_body_is_not_parsed() {
        let mut errors = Errors::about("test");
        let item = tokens("/// Doc.\n#[inline] pub(crate) async fn a(x: i32) -> u8 { let = ; x. }");
        let function = function(&item, &mut errors).unwrap();
        assert!(errors.is_empty());
        assert_eq!(function.attrs.len(), 2);
        assert_eq!(function.sig.ident, "a");
        assert_eq!(function.sig.inputs.len(), 1);
    }

    #[test]
    fn the_name_is_found_in_a_broken_signature() {
        assert_eq!(name(&tokens("pub async fn r#move(x y) {}")).unwrap(), "r#move");
        assert_eq!(name(&tokens("const unsafe extern \"C\" fn a() {}")).unwrap(), "a");
        assert!(name(&tokens("struct A;")).is_none());
    }

    #[test]
    fn a_broken_signature_is_reported_at_the_error() {
        let mut errors = Errors::about("test");
        assert!(function(&tokens("async fn a(x y) {}"), &mut errors).is_none());
        assert_eq!(messages(&errors), [("test: expected `:`".to_owned(), "y".to_owned())]);
    }

    #[test]
    fn a_non_function_item_is_reported_by_kind() {
        for (source, kind, token) in [
            ("pub struct A;", "a struct", "struct"),
            ("/// Doc.\nenum A {}", "an enum", "enum"),
            ("union A {}", "a union", "union"),
            ("unsafe trait A {}", "a trait", "trait"),
            ("impl A { async fn a() {} }", "an `impl` block", "impl"),
            ("unsafe impl A {}", "an `impl` block", "impl"),
            ("mod a;", "a module", "mod"),
            ("const A: u8 = 1;", "a constant", "const"),
            ("static A: u8 = 1;", "a static", "static"),
            ("type A = u8;", "a type alias", "type"),
            ("use a::b;", "a `use` declaration", "use"),
            ("extern crate a;", "an `extern` item", "extern"),
            ("macro_rules! a { () => {} }", "a macro", "macro_rules"),
            ("loop {}", "`loop`", "loop"),
            ("", "nothing", ""),
        ] {
            let mut errors = Errors::about("test");
            assert!(function(&tokens(source), &mut errors).is_none());
            let expected = format!("test: expected an `async fn`, found {kind}");
            assert_eq!(messages(&errors), [(expected, token.to_owned())], "{source}");
        }
    }
}
