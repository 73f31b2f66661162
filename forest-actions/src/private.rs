//! The items that generated code names. Not public API: anything here may change in any release.

pub use inventory::submit;
pub use serde_json::Value;

pub use crate::__enum_field as enum_field;
pub use crate::call::ActionCall;
use crate::declare::FormDeclaration;
pub use crate::declare::{
    ActionDescriptor, ActionKind, AuditMode, Background, CanRun, ChartDescriptor, Confirm, Confirmation, HttpMethod,
    Invocation, KeyCheck, Need, Needs, Origin, PreviewDeclaration, Registered, RegisteredChart,
};
pub use crate::form::{
    ActionEnum, ActionForm, FieldBuilder, FieldInput, FieldName, FieldSpec, FieldValue, FormReader, HookFn,
    InvalidValue, Layout, choice_json, default_value, field_json, options, read_choice, shape, text_default, widget,
    widgets,
};
pub use crate::handler::invoke::*;
pub use crate::handler::{
    Answer, AnyArgument, Argument, Extract, HookOf, answer, ask, chart, extract, hook, judge, preview,
};
pub use crate::import::{ColumnBuilder, ColumnSpec, ImportRow, ImportValue, RowReader};

/// The form of a type.
#[must_use]
pub fn form<T: ActionForm>() -> FormDeclaration {
    FormDeclaration::of::<T>()
}

/// Starts the declaration of a field. The shape is an inferred parameter, so that the result does not depend on `T` being a
/// field type, and the compiler reports a type that is not one once.
pub const fn field<T: FieldValue<Shape = S>, S>(name: &'static str) -> FieldBuilder<S> {
    FieldSpec::builder::<T>(name)
}

/// Starts the declaration of a column, as [`field`] does that of a field.
pub const fn column<T: ImportValue<Shape = S>, S>(name: &'static str) -> ColumnBuilder<S> {
    ColumnSpec::builder::<T>(name)
}
