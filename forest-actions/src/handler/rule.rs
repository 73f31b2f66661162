//! The function of a rule over single records, with the type of its record erased.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::caller::Caller;
use crate::records::record_as;
use crate::response::{ActionError, NotDone, Refusal};

/// A function that can be the `can_run` of an action: `fn(&T, &Caller) -> Result<(), NotDone>`.
///
/// `T` is deserialized from a record, as by [`Records<T>`](crate::Records).
#[diagnostic::on_unimplemented(
    message = "this is not a rule of a smart action",
    label = "not a rule",
    note = "a rule is a `fn(&T, &Caller) -> Result<(), NotDone>`, where `T` implements `serde::Deserialize`; it is not `async`",
    note = "to look something up, compute a field of the collection, or write `can_run = filter(…, \"reason\")`"
)]
pub trait RecordRule<T, E>: 'static {
    /// Judges a record.
    ///
    /// # Errors
    /// The refusal, or a failure of the rule.
    fn judge(&self, record: &T, caller: &Caller) -> Result<(), E>;
}

impl<T, E, F> RecordRule<T, E> for F
where
    F: Fn(&T, &Caller) -> Result<(), E> + 'static,
{
    fn judge(&self, record: &T, caller: &Caller) -> Result<(), E> {
        self(record, caller)
    }
}

/// Judges a record with the function of a program.
///
/// # Errors
/// The record does not fit `T`, or the rule failed: any failure of a rule is unexpected.
#[doc(hidden)]
pub fn judge<T, E, F>(
    collection: &str,
    fields: &Value,
    caller: &Caller,
    rule: F,
) -> Result<Option<Refusal>, ActionError>
where
    T: DeserializeOwned,
    E: Into<NotDone>,
    F: RecordRule<T, E>,
{
    let record = record_as::<T>(collection, fields)?;
    match rule.judge(&record, caller).map_err(Into::into) {
        Ok(()) => Ok(None),
        Err(NotDone::Refused(refusal)) => Ok(Some(refusal)),
        Err(NotDone::Failed(error)) => Err(error),
    }
}
