//! Collects the problems of one macro call, so that all of them are reported at once.
//!
//! A stable procedural macro cannot emit notes, so help and notes are further lines of the message.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// Problems, in the order in which they were found.
pub(crate) struct Errors {
    subject: String,
    list: Vec<syn::Error>,
}

impl Errors {
    /// An empty list whose messages start with `subject`, for instance ``action `mark_as_live` ``.
    pub(crate) fn about(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            list: Vec::new(),
        }
    }

    /// Adds a problem on `tokens`, which should be the smallest piece of code that is wrong.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl AsRef<str>) {
        let message = self.with_subject(message.as_ref());
        self.list.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds a problem at a place that has no tokens to point at.
    pub(crate) fn at(&mut self, span: Span, message: impl AsRef<str>) {
        let message = self.with_subject(message.as_ref());
        self.list.push(syn::Error::new(span, message));
    }

    /// Adds syn's errors unchanged.
    pub(crate) fn syntax(&mut self, error: &syn::Error) {
        for error in error.clone() {
            self.at(error.span(), error.to_string());
        }
    }

    /// Adds the problems of another subject, such as a part of this one.
    pub(crate) fn append(&mut self, other: Self) {
        self.list.extend(other.list);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// One `compile_error!` per problem.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.list.iter().map(syn::Error::to_compile_error).collect()
    }

    /// The problems, for tests.
    #[cfg(test)]
    pub(crate) fn list(&self) -> &[syn::Error] {
        &self.list
    }

    fn with_subject(&self, message: &str) -> String {
        format!("{}: {message}", self.subject)
    }
}

#[cfg(test)]
mod tests {
    use super::Errors;
    use proc_macro2::Span;
    use quote::quote;

    #[test]
    fn merged_problems_keep_their_subject() {
        let mut errors = Errors::about("form `A`");
        let mut part = Errors::about("form `A`, field `b`");
        part.on(quote!(x), "first");
        errors.append(part);
        errors.on(quote!(y), "second");
        let texts: Vec<String> = errors.list().iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["form `A`, field `b`: first", "form `A`: second"]);
    }

    #[test]
    fn problems_become_compile_errors_in_order() {
        let mut errors = Errors::about("action `a`");
        assert!(errors.is_empty());
        errors.on(quote!(x y), "first");
        errors.at(Span::call_site(), "second");
        assert!(!errors.is_empty());
        assert_eq!(
            errors.into_compile_errors().to_string(),
            quote!(
                ::core::compile_error! { "action `a`: first" }
                ::core::compile_error! { "action `a`: second" }
            )
            .to_string()
        );
    }
}
