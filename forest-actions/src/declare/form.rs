//! The declared form of an action, as the schema and the hook answers carry it.
//!
//! Owns the trait that a form type implements and the plain description of its fields. How values are parsed
//! and checked is the business of the form's own type.

pub use crate::schema::ActionField as FormField;

/// A type that describes the form of an action: the `T` of the attribute's `form = T`.
///
/// ```
/// use forest_actions::schema::FieldType;
/// use forest_actions::{ActionForm, FormField};
///
/// struct Refund;
///
/// impl ActionForm for Refund {
///     fn fields() -> Vec<FormField> {
///         vec![
///             FormField::new("Amount", FieldType::Number).required(true),
///             FormField::new("Reason", FieldType::String).description("Shown to the customer"),
///         ]
///     }
/// }
/// # assert_eq!(Refund::fields().len(), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the form of a smart action",
    label = "not a form",
    note = "implement `ActionForm` for it"
)]
pub trait ActionForm {
    /// The fields, in the order in which they are shown.
    fn fields() -> Vec<FormField>;
}
