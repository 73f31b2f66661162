//! The submitted form as an argument of a handler.

use std::ops::{Deref, DerefMut};

/// The submitted form, typed and checked; an extractor for handlers. `T` derives
/// [`ActionForm`](macro@crate::ActionForm).
///
/// Every field is read and checked before the handler runs. All problems are answered in one 400 that names each field.
///
/// ```
/// use forest_actions::prelude::*;
///
/// #[derive(ActionForm)]
/// struct Charge {
///     #[field(min = 0.5)]
///     amount: f64,
///     note: Option<String>,
/// }
///
/// async fn charge(Form(charge): Form<Charge>) -> ActionResult {
///     Ok(success(format!("Charged ${:.2} {}", charge.amount, charge.note.unwrap_or_default())))
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form<T>(pub T);

impl<T> Form<T> {
    /// The form itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Form<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Form<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
