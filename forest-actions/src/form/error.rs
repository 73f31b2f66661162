//! The errors of submitted forms and of hooks. `refusals.rs` has the texts.

use super::layout::LayoutProblem;

/// A submitted form that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FormError {
    /// The values cannot be deserialized.
    InvalidValues { reason: String },
    /// The problems of each field, by label, in the order of the form.
    Fields(Vec<FieldProblem>),
    /// An implementation of `ActionForm` gave neither a form nor a problem.
    NoForm,
}

/// The problems of one field, joined by semicolons. They quote what a user typed, so they are not for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldProblem {
    pub(crate) label: String,
    pub(crate) text: String,
}

impl FormError {
    /// Groups problems by the label of their field.
    pub(crate) fn fields(problems: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut fields: Vec<FieldProblem> = Vec::new();
        for (label, problem) in problems {
            match fields.iter_mut().find(|field| field.label == label) {
                Some(field) => {
                    field.text.push_str("; ");
                    field.text.push_str(&problem);
                }
                None => fields.push(FieldProblem { label, text: problem }),
            }
        }
        Self::Fields(fields)
    }
}

/// A mistake of a hook in the form that it returns. The texts are the vendor's, since people search for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HookMistake {
    /// The hook changed a field that the form does not have.
    UnknownField {
        name: String,
        known: Vec<String>,
    },
    Layout(LayoutProblem),
    FieldWithoutName {
        action: &'static str,
    },
    FieldNameNotText {
        action: &'static str,
    },
    WrongProperty {
        action: &'static str,
        field: String,
        property: &'static str,
        expected: &'static str,
    },
    NullOption {
        action: &'static str,
        field: String,
    },
    UnknownHook {
        action: &'static str,
        field: String,
        hook: String,
    },
    /// The mistake is one of the fields that the client sent.
    Sent(Box<HookMistake>),
}
