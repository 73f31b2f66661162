//! Settings as messages name them, and hints that name a setting.

/// The setting of the Forest server's address, for messages: it has two names, and the operator set one of them. A macro, so that
/// a constant text can have it in it.
macro_rules! server_url {
    () => {
        "FOREST_URL or FOREST_SERVER_URL"
    };
}
pub(crate) use server_url;

/// Hint for a secret that the Forest server does not know.
pub(crate) const UNKNOWN_SECRET_HINT: &str = concat!(
    "copy FOREST_ENV_SECRET again from the settings of the environment, and check ",
    server_url!()
);
