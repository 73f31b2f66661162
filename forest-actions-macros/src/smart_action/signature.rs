//! Checks the signature of an action, and extracts the parts that generated code needs.
//!
//! Works on tokens only: the runtime's traits check that a type is an extractor.

use super::model::{Function, Kind};
use crate::attributes::{allow, is_deprecated};
use crate::errors::Errors;
use crate::item;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, FnArg, GenericArgument, GenericParam, Meta, Pat, Path, PathArguments, ReturnType, Safety, Signature,
    Token, Type, TypePath, parse_quote_spanned,
};

/// The runtime implements its handlers for tuples of up to this many extractors.
const MAX_ARGUMENTS: usize = 12;

/// The words of messages for what the attribute declares.
#[derive(Clone, Copy)]
pub(crate) struct Declared {
    pub(crate) attribute: &'static str,
    /// With its article.
    pub(crate) one: &'static str,
    /// Without it.
    pub(crate) noun: &'static str,
    /// A type that it may return.
    pub(crate) answer: &'static str,
    /// Types that it may return, as code.
    pub(crate) answers: &'static str,
}

pub(crate) const ACTION: Declared = Declared {
    attribute: "smart_action",
    one: "an action",
    noun: "action",
    answer: "ActionResult",
    answers: "`()` or `ActionResult`",
};

pub(crate) fn check(function: item::Function, declared: Declared, errors: &mut Errors) -> Function {
    let Declared {
        attribute, one, noun, ..
    } = declared;
    let item::Function { attrs, vis, sig } = function;
    for attr in &attrs {
        if attr
            .path()
            .segments
            .last()
            .is_some_and(|segment| segment.ident == attribute)
        {
            errors.on(
                attr.path(),
                format!(
                    "a function is one {noun}, found a second `#[{attribute}]`\n  help: declare the other one on a function of \
                     its own that calls this one"
                ),
            );
        }
    }
    qualifiers(&sig, one, errors);
    generics(&sig, declared, errors);
    let arguments = arguments(&sig, one, errors);
    let texts = texts(&sig);
    let answer = answer(&sig, declared, errors);
    Function {
        ident: sig.ident,
        vis,
        cfgs: attrs.iter().filter_map(cfg).collect(),
        allows: attrs.iter().filter_map(allow).collect(),
        is_deprecated: is_deprecated(&attrs),
        arguments,
        texts,
        answer,
    }
}

fn qualifiers(sig: &Signature, one: &str, errors: &mut Errors) {
    if sig.asyncness.is_none() {
        errors.on(sig.fn_token, "the function is not `async`\n  help: write `async fn`");
    }
    if let Some(constness) = &sig.constness {
        errors.on(constness, format!("{one} cannot be `const`"));
    }
    match &sig.safety {
        Safety::Unsafe(token) => errors.on(
            token,
            format!(
                "{one} cannot be `unsafe`\n  note: it is called for whatever a browser sends, so nobody can uphold the contract"
            ),
        ),
        Safety::Safe(token) => errors.on(token, format!("{one} cannot be `safe`")),
        Safety::Default => {}
    }
    if let Some(abi) = &sig.abi {
        errors.on(abi, format!("{one} has the Rust ABI\n  help: leave `extern` out"));
    }
}

fn generics(sig: &Signature, declared: Declared, errors: &mut Errors) {
    let Declared { one, noun, .. } = declared;
    let known = format!("note: the {noun} is registered once, for types that are known when it is declared");
    for parameter in &sig.generics.params {
        let (kind, token, why) = match parameter {
            GenericParam::Type(parameter) => ("type", parameter.ident.to_token_stream(), known.as_str()),
            GenericParam::Const(parameter) => ("const", parameter.ident.to_token_stream(), known.as_str()),
            GenericParam::Lifetime(parameter) => (
                "lifetime",
                parameter.lifetime.to_token_stream(),
                "note: extractors own what they hold",
            ),
        };
        let message = format!("{one} has no {kind} parameters, found `{token}`\n  {why}");
        errors.on(token, message);
    }
    if let Some(clause) = &sig.generics.where_clause {
        errors.on(clause.where_token, format!("{one} has no `where` clause"));
    }
}

fn arguments(sig: &Signature, one: &str, errors: &mut Errors) -> Vec<Type> {
    let mut types = Vec::new();
    for argument in &sig.inputs {
        let parameter = match argument {
            FnArg::Receiver(receiver) => {
                errors.on(
                    receiver.self_token,
                    format!(
                        "{one} is a free function and takes no `self`\n  help: take state as an extractor, for instance `web::Data<T>`"
                    ),
                );
                continue;
            }
            FnArg::Typed(parameter) => parameter,
        };
        for attr in &parameter.attrs {
            let path = attr.path();
            if path.is_ident("cfg") || path.is_ident("cfg_attr") {
                let name = path.to_token_stream();
                errors.on(
                    path,
                    format!("`#[{name}]` on an argument is not supported\n  help: put `#[{name}]` on two versions of the function"),
                );
            }
        }
        if let Some(token) = find_impl(parameter.ty.to_token_stream()) {
            errors.on(
                token,
                "an argument cannot be `impl Trait`\n  help: name the type of the extractor",
            );
        }
        types.push((*parameter.ty).clone());
    }
    if let Some(variadic) = &sig.variadic {
        errors.on(
            variadic.dots,
            format!("{one} takes a fixed number of arguments, found `...`"),
        );
    }
    if let Some(surplus) = types.get(MAX_ARGUMENTS) {
        errors.on(
            surplus,
            format!(
                "{one} takes at most {MAX_ARGUMENTS} arguments, found {}\n  help: group some in an extractor of your own",
                types.len()
            ),
        );
    }
    types
}

/// The arguments for messages: with the name where the pattern is one, else the type alone.
fn texts(sig: &Signature) -> Vec<String> {
    let typed = sig.inputs.iter().filter_map(|argument| match argument {
        FnArg::Typed(parameter) => Some(parameter),
        FnArg::Receiver(_) => None,
    });
    typed
        .map(|parameter| match &*parameter.pat {
            Pat::Ident(name) => format!("{}: {}", name.ident, text(&parameter.ty)),
            _ => text(&parameter.ty),
        })
        .collect()
}

fn answer(sig: &Signature, declared: Declared, errors: &mut Errors) -> Type {
    let ReturnType::Type(_, ty) = &sig.output else {
        return parse_quote_spanned!(sig.ident.span()=> ());
    };
    if let Some(token) = find_impl(ty.to_token_stream()) {
        errors.on(
            token,
            format!(
                "{} cannot return `impl Trait`\n  help: name the type, for instance `{}`",
                declared.one, declared.answer
            ),
        );
    }
    if let Type::Never(never) = &**ty {
        errors.on(
            never,
            format!(
                "{} has to answer, found `!`\n  help: return {}",
                declared.one, declared.answers
            ),
        );
    }
    (**ty).clone()
}

/// The first `impl` in the tokens of a type, however deep.
fn find_impl(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == "impl" => Some(ident),
        TokenTree::Group(group) => find_impl(group.stream()),
        _ => None,
    })
}

/// The attribute if it is a `#[cfg]`, or the part of a `#[cfg_attr]` that comes down to one.
///
/// The compiler has applied them before it calls the macro; other callers (editors, other macros) may not have.
/// The rest of a `#[cfg_attr]` is for the function alone: another attribute macro would not work on a static.
fn cfg(attr: &Attribute) -> Option<TokenStream> {
    let meta = cfg_meta(&attr.meta)?;
    Some(quote!(#[#meta]))
}

fn cfg_meta(meta: &Meta) -> Option<TokenStream> {
    if meta.path().is_ident("cfg") {
        return Some(meta.to_token_stream());
    }
    if !meta.path().is_ident("cfg_attr") {
        return None;
    }
    let Meta::List(list) = meta else { return None };
    let parts = Punctuated::<Meta, Token![,]>::parse_terminated
        .parse2(list.tokens.clone())
        .ok()?;
    let predicate = parts.first()?;
    let cfgs: Vec<TokenStream> = parts.iter().skip(1).filter_map(cfg_meta).collect();
    (!cfgs.is_empty()).then(|| quote!(cfg_attr(#predicate, #(#cfgs),*)))
}

/// Refuses arguments that no request of an action of this kind can fill.
///
/// Types are known by their names alone, so an alias of `RecordId` is not seen.
pub(crate) fn needs(function: &Function, kind: Kind, errors: &mut Errors) {
    for ty in &function.arguments {
        let Some(name) = own_name(ty) else { continue };
        if name == "FormState" {
            errors.on(
                ty,
                "`FormState` is only available in hooks\n  help: take the submitted values as `Form<T>` or \
                 `Values`",
            );
        }
        if name == "RecordId" && matches!(kind, Kind::Global) {
            errors.on(
                ty,
                "a global action runs without records, so it has no `RecordId`\n  help: write `kind = \"single\"`, or leave the \
                 argument out",
            );
        }
    }
}

/// The last name of a type's path.
pub(crate) fn own_name(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(TypePath { qself: None, path, .. }) => path.segments.last().map(|last| &last.ident),
        Type::Group(group) => own_name(&group.elem),
        Type::Paren(paren) => own_name(&paren.elem),
        _ => None,
    }
}

/// The `T` of the `Form<T>` argument; a second such argument is an error.
///
/// Types are known by their names alone, so only names that can hardly be anything else count: `Form<T>` by
/// itself, or below the runtime crate or a prelude. actix-web's own `web::Form<T>` is another thing.
pub(crate) fn form<'a>(function: &'a Function, runtime: &Path, errors: &mut Errors) -> Option<&'a Type> {
    let mut forms = function
        .arguments
        .iter()
        .filter_map(|ty| form_of(ty, runtime).map(|form| (ty, form)));
    let (_, first) = forms.next()?;
    for (argument, _) in forms {
        errors.on(argument, "an action has one form, found a second `Form` argument");
    }
    Some(first)
}

fn form_of<'a>(ty: &'a Type, runtime: &Path) -> Option<&'a Type> {
    let path = match ty {
        Type::Path(TypePath { qself: None, path, .. }) => path,
        Type::Group(group) => return form_of(&group.elem, runtime),
        Type::Paren(paren) => return form_of(&paren.elem, runtime),
        _ => return None,
    };
    let last = path.segments.last()?;
    if last.ident != "Form" {
        return None;
    }
    let prefix: Vec<&Ident> = path
        .segments
        .iter()
        .rev()
        .skip(1)
        .rev()
        .map(|segment| &segment.ident)
        .collect();
    let is_ours = match (prefix.first(), prefix.last()) {
        (Some(first), Some(last)) => {
            let mut runtime = runtime.segments.iter().map(|segment| &segment.ident);
            *first == "forest_actions"
                || *last == "prelude"
                || (runtime.len() <= prefix.len()
                    && prefix.iter().zip(&mut runtime).all(|(ours, theirs)| *ours == theirs))
        }
        _ => true,
    };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(form)) if is_ours && arguments.args.len() == 1 => Some(form),
        _ => None,
    }
}

pub(crate) fn same_text(a: &Type, b: &Type) -> bool {
    a.to_token_stream().to_string() == b.to_token_stream().to_string()
}

/// A type as people write it: the compiler's own text has spaces round each token.
pub(crate) fn text(ty: &Type) -> String {
    let mut text = ty.to_token_stream().to_string();
    for (spaced, tight) in [(" :: ", "::"), (" < ", "<"), (" >", ">"), (" ,", ",")] {
        text = text.replace(spaced, tight);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{ACTION, check, form};
    use crate::errors::Errors;
    use crate::item;
    use crate::testing::messages;
    use quote::ToTokens;

    fn form_in(arguments: &str, runtime: &str) -> Option<String> {
        let mut errors = Errors::about("test");
        let source = format!("async fn a({arguments}) {{}}");
        let function = item::function(&source.parse().unwrap(), &mut errors).unwrap();
        let function = check(function, ACTION, &mut errors);
        let runtime = syn::parse_str(runtime).unwrap();
        let found = form(&function, &runtime, &mut errors).map(|ty| ty.to_token_stream().to_string().replace(' ', ""));
        assert_eq!(messages(&errors), []);
        found
    }

    #[test]
    fn form_extractors_are_recognized_bare_or_with_the_crate_path() {
        let default = "::forest_actions";
        for (arguments, runtime, expected) in [
            ("form: Form<T>", default, Some("T")),
            (
                "id: RecordId<i64>, Form(x): Form<a::B<C, D>>",
                default,
                Some("a::B<C,D>"),
            ),
            ("form: (Form<T>)", default, Some("T")),
            ("form: forest_actions::Form<T>", default, Some("T")),
            ("form: ::forest_actions::form::Form<T>", default, Some("T")),
            ("form: forest_actions::prelude::Form<T>", default, Some("T")),
            ("form: crate::prelude::Form<T>", default, Some("T")),
            ("form: crate::fa::Form<T>", "crate::fa", Some("T")),
            ("form: crate::fa::form::Form<T>", "crate::fa", Some("T")),
            ("form: fa::Form<T>", "::fa", Some("T")),
            ("form: crate::fb::Form<T>", "crate::fa", None),
            ("form: web::Form<T>", default, None),
            ("form: actix_web::web::Form<T>", default, None),
            ("form: Form", default, None),
            ("form: Form<T, U>", default, None),
            ("form: Form<'static>", default, None),
            ("form: <X as Y>::Form<T>", default, None),
            ("form: Option<Form<T>>", default, None),
            ("form: &Form<T>", default, None),
            ("", default, None),
        ] {
            assert_eq!(form_in(arguments, runtime).as_deref(), expected, "{arguments}");
        }
    }

    #[test]
    fn attributes_relevant_to_generated_items_are_kept() {
        let mut errors = Errors::about("test");
        let source = "/// Doc.\n#[cfg(unix)] #[cfg_attr(a, cfg(b), inline)] #[cfg_attr(c, inline)] #[inline] #[deprecated] \
                      #[allow(x)] #[expect(y, reason = \"z\")] async fn a() {}";
        let function = item::function(&source.parse().unwrap(), &mut errors).unwrap();
        let function = check(function, ACTION, &mut errors);
        let texts = |list: &[proc_macro2::TokenStream]| {
            list.iter()
                .map(|attr| attr.to_string().replace(' ', ""))
                .collect::<Vec<_>>()
        };
        assert_eq!(texts(&function.cfgs), ["#[cfg(unix)]", "#[cfg_attr(a,cfg(b))]"]);
        assert_eq!(texts(&function.allows), ["#[allow(x)]", "#[allow(y,reason=\"z\")]"]);
        assert!(function.is_deprecated);
    }
}
