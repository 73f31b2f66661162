//! What generated code names. Not public API: anything here may change in any release.

pub use inventory::submit;
pub use serde_json::Value;

pub use crate::__enum_field as enum_field;
use crate::declare::FormDeclaration;
pub use crate::declare::{ActionDescriptor, ActionKind, HttpMethod, Origin, Registered};
pub use crate::form::{
    ActionEnum, ActionForm, FieldBuilder, FieldInput, FieldSpec, FieldValue, FormReader, InvalidValue, Layout,
    choice_json, default_value, options, read_choice, shape, widget, widgets,
};
pub use crate::http::invoke::*;
pub use crate::http::{ActionCall, Answer, AnyArgument, Argument, Extract, HookFn, answer, extract, hook};

/// The form of a type.
#[must_use]
pub fn form<T: ActionForm>() -> FormDeclaration {
    FormDeclaration::of::<T>()
}

/// Starts the declaration of a field.
pub const fn field<T: FieldValue>(name: &'static str) -> FieldBuilder<T> {
    FieldSpec::of::<T>(name)
}
