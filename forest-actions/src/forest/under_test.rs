//! Access of the test client to the agent that it starts.

use secrecy::SecretString;

use super::{Forest, ForestBuilder};
use crate::config::Environment;
use crate::connection::Connection;

impl ForestBuilder {
    /// Connects the agent to a fake server, by default in development and without a schema file.
    pub(crate) fn for_a_test(mut self, server_url: &str, env_secret: String, auth_secret: String) -> Self {
        let settings = &mut self.settings;
        settings.server_url = Some(server_url.to_owned());
        settings.env_secret = Some(SecretString::from(env_secret));
        settings.auth_secret = Some(SecretString::from(auth_secret));
        settings.environment.get_or_insert(Environment::Development);
        settings.schema_file.get_or_insert(false);
        self.calls_here = true;
        self
    }
}

impl Forest {
    pub(crate) fn connection(&self) -> Option<&Connection> {
        self.shared.connection()
    }

    /// The path prefix of the application URL, without a trailing slash.
    pub(crate) fn path_prefix(&self) -> String {
        let url = url::Url::parse(&self.shared.config().application_url);
        url.map_or_else(|_| String::new(), |url| url.path().trim_end_matches('/').to_owned())
    }

    /// The hash of the schema that is published at start, if any.
    pub(crate) fn publishes(&self) -> Option<String> {
        let is_published = self.shared.config().server.schema_upload && !self.schema().collections.is_empty();
        is_published.then(|| self.schema().document().hash().to_owned())
    }

    pub(crate) fn listens(&self) -> bool {
        self.shared.config().server.events
    }
}
