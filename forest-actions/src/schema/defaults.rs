//! What the protocol fills in where a schema says nothing, and what it leaves out without a name.
//!
//! The `or_*` functions are serde's way in: a committed file may lack a key or hold `null` where an older or other
//! agent wrote it, and both mean the default (protocol: schema file). Called by the model's `Deserialize` and by
//! start-up, which logs what [`Schema::ignored`] reports. It changes nothing itself.

use super::Schema;
use serde::{Deserialize, Deserializer};

/// How lists of records are paged unless a collection says otherwise.
pub(super) const PAGINATION_TYPE: &str = "page";

/// The verb of an action's request unless the action says otherwise.
pub(super) const HTTP_METHOD: &str = "POST";

pub(super) fn yes() -> bool {
    true
}

pub(super) fn pagination_type() -> String {
    PAGINATION_TYPE.to_owned()
}

pub(super) fn http_method() -> String {
    HTTP_METHOD.to_owned()
}

/// `null` means the type's own default.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// `null` means yes.
pub(super) fn or_yes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Option::<bool>::deserialize(deserializer).map(|value| value.unwrap_or(true))
}

/// `null` means pages.
pub(super) fn or_pagination_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::<String>::deserialize(deserializer).map(|value| value.unwrap_or_else(pagination_type))
}

/// `null` means POST.
pub(super) fn or_http_method<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::<String>::deserialize(deserializer).map(|value| value.unwrap_or_else(http_method))
}

impl Schema {
    /// One message for each action and form field that is left out of the file and the document for want of a name.
    ///
    /// The macros refuse such declarations, so this speaks only of what was put together in code. The wording is the
    /// vendor's, since that is what people search for.
    ///
    /// ```
    /// use forest_actions::schema::{Action, Collection, Meta, Schema};
    ///
    /// let schema = Schema::new(Meta::new("forest-actions", "0.1.0"))
    ///     .collection(Collection::new("companies").action(Action::new("", "/forest/actions/x")));
    /// assert_eq!(schema.ignored(), [r#"An unnamed Smart Action of collection "companies" has been ignored."#]);
    /// ```
    #[must_use]
    pub fn ignored(&self) -> Vec<String> {
        let mut messages = Vec::new();
        for collection in &self.collections {
            for action in &collection.actions {
                if action.name.is_empty() {
                    let collection = &collection.name;
                    messages.push(format!(
                        r#"An unnamed Smart Action of collection "{collection}" has been ignored."#
                    ));
                } else if action.fields.iter().any(|field| field.field.is_empty()) {
                    let action = &action.name;
                    messages.push(format!(
                        r#"field attribute inside fields array on the smart action "{action}" must be defined."#
                    ));
                }
            }
        }
        messages
    }
}
