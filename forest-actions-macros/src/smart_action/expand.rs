//! Generates the code of an action: the function itself, its descriptor, its registration.
//!
//! Hygiene, in three rules. Every path starts with the runtime crate's, `::core` or `::std`, independent of preludes
//! and imports. Locals are made at `Span::mixed_site()`: a closure parameter with the user's span would hide a handler
//! of the same name. Items have no hygiene, so those inside the static's block have unusual names. Code that can fail
//! to type-check is *located* at the user's type or path, which moves the message and keeps the hygiene.

use super::model::{Action, Answer, Background, ChangeHook, Confirm, Function, HttpMethod, Kind, Question, Rule};
use crate::action_list::static_name;
use crate::spans::located;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ExprPath, GenericArgument, Path, PathArguments, Type, TypePath, Visibility};

/// The deprecation note for HTTP methods other than POST.
const DEPRECATED_METHOD: &str = "Forest Admin has deprecated every HTTP method but POST for actions: leave it out";

/// Argument types whose own parameter is checked by itself, for a message about the parameter.
const PARAMETRIC: [&str; 6] = ["RecordId", "RecordIds", "Records", "Json", "Query", "Form"];

/// Expands `action`; `item` is the annotated function, which comes out as it went in.
pub(crate) fn expand(action: &Action, item: &TokenStream) -> TokenStream {
    let descriptor = descriptor(action);
    let registration = registration(action);
    let method_note = method_note(action);
    quote! {
        // An action has to be async, whether it awaits anything or not.
        #[allow(clippy::unused_async)]
        #item
        #descriptor
        #registration
        #method_note
    }
}

/// The static that holds all that is known about the action.
fn descriptor(action: &Action) -> TokenStream {
    let Action {
        function,
        runtime,
        collection,
        name,
        endpoint,
        ..
    } = action;
    let Function { vis, cfgs, allows, .. } = function;
    let options = options(action);
    let form = action.form.as_ref().map(form);
    let answer = answer(&function.answer);
    let readers = readers(function, runtime);
    let invoke = invoke(function);
    let lints = lints(function);
    let static_name = static_name(&function.ident);

    quote_spanned! {Span::mixed_site()=>
        #(#cfgs)*
        #(#allows)*
        #lints
        #[doc(hidden)]
        #vis static #static_name: #runtime::__private::ActionDescriptor = {
            use #runtime::__private as __fa;
            #readers
            #answer
            #form
            __fa::ActionDescriptor::new(
                #collection,
                #name,
                #endpoint,
                __fa::Origin::new(
                    ::core::env!("CARGO_PKG_NAME"),
                    ::core::module_path!(),
                    ::core::file!(),
                    ::core::line!(),
                ),
                #invoke,
            )
            #options
        };
    }
}

/// The setters of the descriptor for values other than the defaults.
fn options(action: &Action) -> TokenStream {
    let mixed = Span::mixed_site();
    let mut setters = TokenStream::new();
    let mut set = |name: &str, value: Option<TokenStream>| {
        let name = Ident::new(name, mixed);
        setters.extend(value.map(|value| quote_spanned!(mixed=> .#name(#value))));
    };
    let variant = |name| Ident::new(name, mixed);
    let text = |text: &Option<String>| text.as_ref().map(|text| quote!(#text));

    if !matches!(action.kind, Kind::Bulk) {
        let kind = variant(action.kind.variant());
        set("kind", Some(quote_spanned!(mixed=> __fa::ActionKind::#kind)));
    }
    if !matches!(action.http_method, HttpMethod::Post) {
        let method = variant(action.http_method.variant());
        set("http_method", Some(quote_spanned!(mixed=> __fa::HttpMethod::#method)));
    }
    set("description", text(&action.description));
    set("submit_button_label", text(&action.submit_button_label));
    set("base_url", text(&action.base_url));
    set("redirect", text(&action.redirect));
    set(
        "download",
        Some(match action.download {
            Some(download) => quote!(#download),
            None => quote_spanned!(mixed=> __FA_ANSWER.is_file),
        }),
    );
    set("form", action.form.is_some().then(|| quote_spanned!(mixed=> __fa_form)));
    let form = action.form.as_ref();
    set("load", action.load.as_ref().map(|path| hook(path, form)));
    if !action.change.is_empty() {
        let hooks = action.change.iter().map(|change| change_hook(change, form));
        set("change", Some(quote!(&[#(#hooks),*])));
    }
    set("max_records", action.max_records.map(|limit| quote!(#limit)));
    set(
        "can_run",
        action.can_run.as_ref().map(|(rule, stops)| can_run(rule, *stops)),
    );
    set("confirm", action.confirm.as_ref().map(confirm));
    set(
        "preview",
        action
            .preview
            .as_ref()
            .map(|(path, is_required)| preview(path, *is_required)),
    );
    // behind `download`, which it is checked against
    set("background", action.background.as_ref().map(background));
    if let Some(audit) = action.audit {
        let mode = variant(audit.variant());
        set("audit", Some(quote_spanned!(mixed=> __fa::AuditMode::#mode)));
    }
    let (function, arguments) = (action.function.ident.to_string(), &action.function.texts);
    let has_arguments = !arguments.is_empty();
    set(
        "arguments",
        has_arguments.then(|| quote!(#function, &[#(#arguments),*])),
    );
    set("unprotected", (!action.protected).then(TokenStream::new));
    setters
}

fn can_run(rule: &Rule, stops: bool) -> TokenStream {
    let mixed = Span::mixed_site();
    let rule = match rule {
        Rule::Function(path) => {
            let span = located(path.span());
            quote_spanned! {span=>
                records(|__fa_name, __fa_fields, __fa_caller| __fa::judge(__fa_name, __fa_fields, __fa_caller, #path), #stops)
            }
        }
        Rule::Filter { filter, reason } => quote_spanned!(mixed=> filter(|| #filter, #reason, #stops)),
    };
    quote_spanned!(mixed=> __fa::CanRun::#rule)
}

fn confirm(confirm: &Confirm) -> TokenStream {
    let mixed = Span::mixed_site();
    let field = &confirm.field;
    match &confirm.question {
        Question::Function(path) => {
            let span = located(path.span());
            quote_spanned! {span=>
                __fa::Confirmation::depends(#field, |__fa_records, __fa_caller| __fa::ask(__fa_records, __fa_caller, #path))
            }
        }
        Question::Declared { text, answer, over } => {
            let text = text.as_ref().map_or_else(|| quote!(""), |text| quote!(#text));
            let asked = match answer {
                Answer::Tick => quote_spanned!(mixed=> tick(#text)),
                Answer::Word(word) => quote_spanned!(mixed=> type_word(#word, #text)),
                Answer::Count => quote_spanned!(mixed=> type_count(#text)),
            };
            let over = over.as_ref().map(|over| quote_spanned!(mixed=> .over(#over)));
            quote_spanned!(mixed=> __fa::Confirmation::always(#field, || __fa::Confirm::#asked #over))
        }
    }
}

fn preview(path: &ExprPath, is_required: bool) -> TokenStream {
    let span = located(path.span());
    quote_spanned! {span=>
        __fa::PreviewDeclaration::new(|__fa_call| __fa::preview(__fa_call, #path), #is_required)
    }
}

fn background(background: &Background) -> TokenStream {
    let Background {
        over,
        wait,
        attempts,
        stall,
        one_at_a_time,
        keep,
    } = background;
    let mixed = Span::mixed_site();
    let number = |name: &str, value: &Option<u64>| {
        let name = Ident::new(name, mixed);
        value.map(|value| quote_spanned!(mixed=> .#name(#value)))
    };
    let over = number("over", over);
    let wait = number("wait", wait);
    let attempts = attempts.map(|attempts| quote_spanned!(mixed=> .attempts(#attempts)));
    let stall = number("stall", stall);
    let one_at_a_time = one_at_a_time.then(|| quote_spanned!(mixed=> .one_at_a_time()));
    let keep = number("keep", keep);
    quote_spanned!(mixed=> __fa::Background::new() #over #wait #attempts #stall #one_at_a_time #keep)
}

/// Puts the descriptor where the runtime collects them.
fn registration(action: &Action) -> TokenStream {
    let Action { function, runtime, .. } = action;
    let cfgs = &function.cfgs;
    let static_name = static_name(&function.ident);
    quote_spanned! {Span::mixed_site()=>
        #(#cfgs)*
        const _: () = {
            #runtime::__private::submit! { #runtime::__private::Registered(&#static_name) }
        };
    }
}

/// The conversion of the return type, named once so that a return type that cannot answer is reported once.
fn answer(ty: &Type) -> TokenStream {
    let span = located(ty.span());
    quote_spanned! {span=>
        const __FA_ANSWER: __fa::Answer<#ty> = __fa::answer::<#ty, _>();
    }
}

/// The trait behind `reader()`, when an argument needs it: an unused import would be a warning.
pub(crate) fn readers(function: &Function, runtime: &Path) -> Option<TokenStream> {
    let is_used = function.arguments.iter().any(|ty| parameter(ty).is_some());
    is_used.then(|| quote_spanned!(Span::mixed_site()=> use #runtime::__private::AnyArgument as _;))
}

/// The `K` of a `RecordId<K>` or a similar type.
///
/// Types are identified by name, so the generated code has to be valid for any type of that name.
fn parameter(ty: &Type) -> Option<&Type> {
    let Type::Path(TypePath { qself: None, path, .. }) = ty else {
        return None;
    };
    let last = path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let is_known = PARAMETRIC.iter().any(|name| last.ident == name);
    match arguments.args.first() {
        Some(GenericArgument::Type(parameter)) if is_known && arguments.args.len() == 1 => Some(parameter),
        _ => None,
    }
}

/// The function pointer that extracts the arguments and calls the handler.
///
/// Hygiene does not keep a user's constant out of a closure's parameters, where it would be a pattern: the names are
/// ones that no user has.
pub(crate) fn invoke(function: &Function) -> TokenStream {
    let mixed = Span::mixed_site();
    let Function { ident, arguments, .. } = function;
    let invoke = format_ident!("invoke{}", arguments.len(), span = mixed);
    let locals: Vec<Ident> = (0..arguments.len())
        .map(|position| format_ident!("__fa_a{position}", span = mixed))
        .collect();
    let extractors = arguments.iter().map(|ty| {
        let span = located(ty.span());
        match parameter(ty) {
            Some(parameter) => quote_spanned!(span=> <__fa::Argument<#ty>>::reader::<#parameter>()),
            None => quote_spanned!(span=> __fa::extract::<#ty, _>()),
        }
    });
    quote_spanned! {mixed=>
        |__fa_call| __fa::#invoke(
            __fa_call,
            #(#extractors,)*
            __FA_ANSWER,
            |#(#locals),*| ::std::boxed::Box::pin(#ident(#(#locals),*))
        )
    }
}

/// The form, named before the argument that reads it: of two errors about one type
/// in one body, the compiler reports the first.
fn form(ty: &Type) -> TokenStream {
    let span = located(ty.span());
    quote_spanned!(span=> let __fa_form = __fa::form::<#ty>;)
}

fn hook(path: &ExprPath, form: Option<&Type>) -> TokenStream {
    let span = located(path.span());
    match form {
        Some(form) => quote_spanned!(span=> |__fa_call| <__fa::HookOf<#form>>::run(__fa_call, #path)),
        None => quote_spanned!(span=> |__fa_call| __fa::hook(__fa_call, #path)),
    }
}

fn change_hook(change: &ChangeHook, form: Option<&Type>) -> TokenStream {
    let ChangeHook { field, path } = change;
    let hook = hook(path, form);
    quote!((#field, #hook))
}

/// A use of a deprecated item at the place of the method's literal: the only way for a procedural macro to warn.
fn method_note(action: &Action) -> Option<TokenStream> {
    let span = action.deprecated_method?;
    let Function { cfgs, allows, .. } = &action.function;
    // lints are suppressed in code with a macro's span, so this identifier has the literal's own span
    let item = Ident::new("http_method", span);
    Some(quote_spanned! {Span::mixed_site()=>
        #(#cfgs)*
        #(#allows)*
        const _: () = {
            #[allow(non_upper_case_globals)]
            #[deprecated(note = #DEPRECATED_METHOD)]
            const #item: () = ();
            #item
        };
    })
}

/// The lints that the user may have switched on and that the static cannot satisfy.
pub(crate) fn lints(function: &Function) -> TokenStream {
    let mut lints = vec![quote!(non_upper_case_globals)];
    if matches!(function.vis, Visibility::Public(_)) {
        // The function is warned about already, if it has to be.
        lints.push(quote!(unreachable_pub));
    }
    if function.is_deprecated {
        lints.push(quote!(deprecated));
    }
    quote!(#[allow(#(#lints),*)])
}
