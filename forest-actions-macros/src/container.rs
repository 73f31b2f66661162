//! The parts of a type common to all derives: its name, `#[form(…)]` or `#[import(…)]`, lint levels and generics.

use crate::attributes::{self, allow, is_deprecated};
use crate::errors::Errors;
use crate::keys::{self, Callee, Seen, Vocabulary};
use crate::spans::located;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Data, ExprPath, Generics, Ident, Lifetime, LitStr, Path, Token, parse_quote_spanned};

/// The type that the derive stands on.
pub(crate) struct Container {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    /// The path of the runtime crate.
    pub(crate) runtime: Path,
    /// The function that arranges the fields, where `#[form]` takes one.
    pub(crate) layout: Option<ExprPath>,
    /// The names of fields are made into labels, as those of functions are.
    pub(crate) sentence_labels: bool,
    /// The `#[allow]` attributes, repeated in the generated code.
    pub(crate) allows: Vec<TokenStream>,
    /// Using the type, or one of the parts noted with [`Container::note_part`], warns.
    pub(crate) is_deprecated: bool,
}

impl Container {
    /// Reads the attribute with the arguments of `vocabulary`, such as `#[form(…)]`, and rejects generics; `what` is for instance `a form`.
    pub(crate) fn read(
        ident: Ident,
        generics: Generics,
        attrs: &[Attribute],
        (attribute, vocabulary): (&str, &Vocabulary),
        what: &str,
        errors: &mut Errors,
    ) -> Self {
        let mut runtime = None;
        let mut layout = None;
        let mut sentence_labels = false;
        let mut seen = Seen::default();
        for arguments in attributes::arguments(attrs, attribute, "crate = my_crate::forest_actions", errors) {
            attributes::read_entries(
                arguments.tokens,
                errors,
                "crate",
                |word| vocabulary.has(word),
                |key, input, errors| {
                    keys::accept(key, vocabulary, &mut seen, errors)?;
                    match key.name.as_str() {
                        "crate" => runtime = Some(keys::module(key, input, errors)?),
                        "labels" => sentence_labels = labels(&keys::string(key, input, errors)?, errors),
                        _ => layout = Some(keys::function(key, Callee::Plain, input, errors)?),
                    }
                    Some(())
                },
            );
        }
        refuse_generics(&generics, what, errors);
        Self {
            ident,
            generics,
            runtime: runtime.unwrap_or_else(|| parse_quote_spanned!(Span::mixed_site()=> ::forest_actions)),
            layout,
            sentence_labels,
            allows: attrs.iter().filter_map(allow).collect(),
            is_deprecated: is_deprecated(attrs),
        }
    }

    /// Takes notice of the attributes of a field or a variant.
    pub(crate) fn note_part(&mut self, attrs: &[Attribute]) {
        self.is_deprecated |= is_deprecated(attrs);
    }

    /// `const _` with `items` and the implementation of the runtime's trait `trait_name`.
    ///
    /// The runtime's private module is imported under an unusual name, because items have no hygiene. Generics occur
    /// only in the stub of a rejected type.
    pub(crate) fn implement(&self, trait_name: &str, items: &TokenStream, body: &TokenStream) -> TokenStream {
        let Self {
            ident,
            generics,
            runtime,
            allows,
            ..
        } = self;
        let trait_name = Ident::new(trait_name, Span::mixed_site());
        let generics = outliving(generics);
        let (parameters, arguments, conditions) = generics.split_for_impl();
        let deprecated = self.is_deprecated.then(|| quote!(#[allow(deprecated)]));
        // at the type's name, where unmet bounds of the trait are reported
        let header = quote_spanned! {located(ident.span())=>
            impl #parameters __fa::#trait_name for #ident #arguments #conditions
        };
        quote_spanned! {Span::mixed_site()=>
            #(#allows)*
            #deprecated
            const _: () = {
                use #runtime::__private as __fa;
                #items
                #[automatically_derived]
                #header {
                    #body
                }
            };
        }
    }
}

/// The value of `labels`.
fn labels(value: &LitStr, errors: &mut Errors) -> bool {
    let is_known = value.value() == "sentence";
    if !is_known {
        errors.on(
            value,
            format!(
                "`labels` is `\"sentence\"`, found `{:?}`\n  note: it makes the label `Other reason` of the field `other_reason`; without it \
                 a field keeps its name",
                value.value()
            ),
        );
    }
    is_known
}

/// The name of the type in the input of a derive, even when the rest of it cannot be read.
pub(crate) fn name(input: &TokenStream) -> Option<Ident> {
    let mut tokens = input.clone().into_iter();
    tokens.find(
        |token| matches!(token, TokenTree::Ident(ident) if ident == "struct" || ident == "enum" || ident == "union"),
    )?;
    match tokens.next() {
        Some(TokenTree::Ident(ident)) => Some(ident),
        _ => None,
    }
}

/// Kind of the type, with its keyword.
pub(crate) fn kind(data: &Data) -> (&'static str, TokenStream) {
    match data {
        Data::Struct(data) => ("a struct", data.struct_token.to_token_stream()),
        Data::Enum(data) => ("an enum", data.enum_token.to_token_stream()),
        Data::Union(data) => ("a union", data.union_token.to_token_stream()),
    }
}

fn refuse_generics(generics: &Generics, what: &str, errors: &mut Errors) {
    use syn::GenericParam::{Const, Lifetime, Type};
    let help = "help: name the types themselves: what is written to the schema is fixed before the program runs";
    for parameter in &generics.params {
        match parameter {
            Lifetime(parameter) => errors.on(
                &parameter.lifetime,
                format!(
                    "{what} has no lifetime parameters, found `{}`\n  note: it owns the values it is made of",
                    parameter.lifetime
                ),
            ),
            Type(parameter) => errors.on(
                &parameter.ident,
                format!("{what} has no type parameters, found `{}`\n  {help}", parameter.ident),
            ),
            Const(parameter) => errors.on(
                &parameter.ident,
                format!("{what} has no const parameters, found `{}`\n  {help}", parameter.ident),
            ),
        }
    }
    if generics.params.is_empty()
        && let Some(clause) = &generics.where_clause
    {
        errors.on(clause.where_token, format!("{what} has no `where` clause"));
    }
}

/// The generics with every parameter living as long as the program, which the traits may ask of an implementor.
fn outliving(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    for parameter in &mut generics.params {
        let forever = Lifetime::new("'static", Span::mixed_site());
        match parameter {
            syn::GenericParam::Lifetime(parameter) => {
                parameter
                    .colon_token
                    .get_or_insert_with(|| Token![:](Span::mixed_site()));
                parameter.bounds.push(forever);
            }
            syn::GenericParam::Type(parameter) => {
                parameter
                    .colon_token
                    .get_or_insert_with(|| Token![:](Span::mixed_site()));
                parameter.bounds.push(syn::TypeParamBound::Lifetime(forever));
            }
            syn::GenericParam::Const(_) => {}
        }
    }
    generics
}

pub(crate) fn read_all<T>(
    tokens: TokenStream,
    errors: &mut Errors,
    read: impl FnOnce(ParseStream, &mut Errors) -> Option<T>,
) -> Option<T> {
    let reader = |input: ParseStream| {
        let value = read(input, errors);
        let _rest: TokenStream = input.parse()?;
        Ok(value)
    };
    reader.parse2(tokens).ok().flatten()
}
