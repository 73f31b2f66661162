//! The names of fields as constants, which the derive makes.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// The name of a field of the form `F` with values of type `T`: the derive makes `Refund::AMOUNT` of the field `amount`, so that a
/// hook with a misspelt name does not compile.
///
/// It goes wherever a name does. [`FormState::entered`](crate::FormState::entered) also reads the value as the field's type.
///
/// ```
/// use forest_actions::prelude::*;
///
/// #[derive(ActionForm)]
/// #[form(labels = "sentence")]
/// struct Refund {
///     #[field(change = amount_changed)]
///     amount: f64,
///     reason_for_refund: Option<String>,
/// }
///
/// async fn amount_changed(mut form: FormState<Refund>) -> HookResult<Refund> {
///     let is_large = form.entered(Refund::AMOUNT).is_some_and(|amount| amount > 100.0);
///     form.field(Refund::REASON_FOR_REFUND).set_required(is_large);
///     Ok(form)
/// }
/// # assert_eq!(Refund::REASON_FOR_REFUND.as_str(), "Reason for refund");
/// ```
pub struct FieldName<F, T> {
    name: &'static str,
    of: PhantomData<fn(F) -> T>,
}

impl<F, T> FieldName<F, T> {
    /// For the derive.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, of: PhantomData }
    }

    /// The name on the wire, which is the label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.name
    }
}

impl<F, T> Clone for FieldName<F, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, T> Copy for FieldName<F, T> {}

impl<F, T> Deref for FieldName<F, T> {
    type Target = str;

    fn deref(&self) -> &str {
        self.name
    }
}

impl<F, T> AsRef<str> for FieldName<F, T> {
    fn as_ref(&self) -> &str {
        self.name
    }
}

impl<F, T> fmt::Display for FieldName<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

impl<F, T> fmt::Debug for FieldName<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.name, f)
    }
}
