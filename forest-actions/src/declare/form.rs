//! The declared form of an action: its fields and layout.

use std::collections::HashSet;

use regex_lite::Regex;
use serde_json::Value;

use crate::form::HookFn;
use crate::form::{ActionForm, FieldSpec, Layout, same_option};

/// The form of an action, erased from its type.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct FormDeclaration {
    pub(crate) fields: &'static [FieldSpec],
    pub(crate) layout: Option<Layout>,
}

impl FormDeclaration {
    /// The declaration of the type `T`.
    pub(crate) fn of<T: ActionForm>() -> Self {
        Self {
            fields: T::FIELDS,
            layout: T::layout(),
        }
    }

    /// `true` when the schema file cannot describe the whole form, so that the UI has to load it (FRM-14).
    pub(crate) fn needs_load(&self) -> bool {
        self.fields
            .iter()
            .any(|field| field.is_computed() || field.widget.is_some_and(|widget| !widget().is_plain()))
    }

    /// The change hook of this name.
    pub(crate) fn change_hook(&self, name: &str) -> Option<HookFn> {
        self.fields
            .iter()
            .filter(|field| field.hook == Some(name))
            .find_map(|field| field.change)
    }

    /// The mistakes by which a form cannot be shown or no request can satisfy it (FRM-16).
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut names = HashSet::new();
        for field in self.fields {
            let name = field.name;
            if name.trim().is_empty() {
                problems.push("its form has a field without a name".to_owned());
            }
            if !names.insert(name) {
                problems.push(format!("its form has two fields named `{name}`"));
            }
            if let Some(pattern) = field.limits.pattern
                && let Err(error) = Regex::new(pattern)
            {
                problems.push(format!(
                    "the pattern of its field `{name}` is no regular expression: {error}"
                ));
            }
            if let Some(limit) = field.limits.contradiction() {
                problems.push(format!("its field `{name}` has limits that no value can meet: {limit}"));
            }
            if field.has_no_option() {
                problems.push(format!("its field `{name}` is an enum without options"));
            }
            let options = field.current_options().unwrap_or_default();
            if let Some(problem) = options_problem(&options) {
                problems.push(format!("its field `{name}` has {problem}"));
            }
            if let Some(default) = field.default_outside(&options) {
                problems.push(format!(
                    "the default of its field `{name}` is {default}, which is not among its options"
                ));
            }
            if let Some(reference) = field.reference
                && !reference
                    .rsplit_once('.')
                    .is_some_and(|(collection, key)| !collection.is_empty() && !key.is_empty())
            {
                problems.push(format!(
                    "the reference of its field `{name}` is `{reference}`, expected `collection.key`"
                ));
            }
        }
        if let Some(layout) = &self.layout {
            let problem = layout.problem(self.fields.iter().map(|field| field.name));
            problems.extend(problem.map(|problem| problem.to_string()));
        }
        problems
    }
}

/// Empty, malformed or duplicate options.
fn options_problem(options: &[Value]) -> Option<&'static str> {
    let empty = |option: &Value| option.is_null() || option.as_str().is_some_and(|text| text.trim().is_empty());
    if options.iter().any(empty) {
        return Some("an empty option");
    }
    if options.iter().any(|option| !option.is_string() && !option.is_number()) {
        return Some("an option that is neither a text nor a number");
    }
    let twice = options
        .iter()
        .enumerate()
        .any(|(index, option)| options.iter().skip(index + 1).any(|other| same_option(other, option)));
    twice.then_some("an option twice")
}
