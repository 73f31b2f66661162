//! References that link the message of the user to lines of the log.

/// A short random text.
pub(crate) fn new() -> String {
    let mut text = uuid::Uuid::new_v4().simple().to_string();
    text.truncate(12);
    text
}
