//! The environment variables that the demo itself reads, checked once, and the agent built from them.
//!
//! Variables of the library (`FOREST_SERVER_URL`, `CORS_ORIGINS`, …) are read by `Forest::from_env`. The demo adds
//! defaults for all of them, and local users.

use std::net::{SocketAddr, ToSocketAddrs as _};

use anyhow::{Context as _, bail};
use forest_actions::records::SqlRecords;
use forest_actions::schema::Stack;
use forest_actions::testing::FakeUser;
use forest_actions::{Forest, ForestBuilder, LocalRole, LocalUser};

use crate::audit::Recording;
use crate::database::DEFAULT_URL;
use crate::writing::writable;

const DEFAULT_HOST: &str = "127.0.0.1";
const DEFAULT_PORT: u16 = 3310;

/// Signs the tokens of local mode, so that `live-demo token` in a second terminal makes one that the server accepts.
/// Public, and therefore never used once an environment secret is set.
const DEMO_AUTH_SECRET: &str = "live-demo: not a secret, local mode only";

/// A user of local mode.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) id: u64,
    pub(crate) first: &'static str,
    pub(crate) last: &'static str,
    pub(crate) role: &'static str,
    /// Description for the first screen of the permissions in [`declared`].
    pub(crate) may: &'static str,
    email: &'static str,
    team: &'static str,
    permission_level: &'static str,
}

/// All local users.
pub(crate) const PEOPLE: [Person; 3] = [
    Person {
        id: 1,
        first: "Ada",
        last: "Lovelace",
        role: "Admin",
        may: "may do everything",
        email: "ada@example.com",
        team: "Operations",
        permission_level: "admin",
    },
    Person {
        id: 2,
        first: "Sam",
        last: "Porter",
        role: "Support",
        may: "may not charge credit cards, and only changes customers",
        email: "sam@example.com",
        team: "Support",
        permission_level: "user",
    },
    Person {
        id: 3,
        first: "Olga",
        last: "Marsh",
        role: "Operations",
        may: "may do everything",
        email: "olga@example.com",
        team: "Operations",
        permission_level: "editor",
    },
];

impl Person {
    fn user(&self) -> LocalUser {
        LocalUser::new(self.id, self.email)
            .name(self.first, self.last)
            .role(self.role)
            .team(self.team)
            .permission_level(self.permission_level)
    }

    /// The same person in a project of the fake Forest server.
    pub(crate) fn of_the_project(&self) -> FakeUser {
        FakeUser::new(self.id, self.email)
            .name(self.first, self.last)
            .role(self.role)
            .team(self.team)
            .permission_level(self.permission_level)
    }
}

/// The settings of the demo.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) database_url: String,
    pub(crate) is_local: bool,
    pub(crate) recording: Recording,
    /// Only runs in the background are carried out, without a server.
    pub(crate) is_worker: bool,
    has_auth_secret: bool,
    has_application_url: bool,
}

impl Settings {
    /// Reads the real environment.
    ///
    /// # Errors
    /// An invalid value.
    pub(crate) fn from_env() -> anyhow::Result<Self> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads an environment through `get`; blank values are ignored.
    fn read(get: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let get = |name: &str| {
            get(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let port = match get("PORT") {
            None => DEFAULT_PORT,
            Some(text) => text
                .parse()
                .ok()
                .with_context(|| format!("PORT must be a number up to 65535, found `{text}`"))?,
        };
        Ok(Self {
            host: get("HOST").unwrap_or_else(|| DEFAULT_HOST.to_owned()),
            port,
            database_url: get("DATABASE_URL").unwrap_or_else(|| DEFAULT_URL.to_owned()),
            is_local: get("FOREST_ENV_SECRET").is_none(),
            recording: Recording::read(get("FOREST_AUDIT").as_deref())?,
            is_worker: get("FOREST_ROLE").as_deref() == Some("worker"),
            has_auth_secret: get("FOREST_AUTH_SECRET").is_some(),
            has_application_url: get("APPLICATION_URL").is_some(),
        })
    }

    /// The addresses to listen on.
    ///
    /// # Errors
    /// A host that does not resolve, or, in local mode, one that other machines could reach.
    pub(crate) fn addresses(&self) -> anyhow::Result<Vec<SocketAddr>> {
        let addresses: Vec<SocketAddr> = (self.host.as_str(), self.port)
            .to_socket_addrs()
            .with_context(|| format!("HOST `{}` is not an address of this machine", self.host))?
            .collect();
        let is_loopback = addresses
            .iter()
            .all(|address| address.ip().to_canonical().is_loopback());
        if self.is_local && !is_loopback {
            bail!(
                "HOST `{}` can be reached from other machines, and local mode has no accounts to keep them out: \
                 leave HOST out, or set FOREST_ENV_SECRET and FOREST_AUTH_SECRET",
                self.host
            );
        }
        Ok(addresses)
    }

    /// The type of the database, as the schema has it.
    pub(crate) fn database_type(&self) -> &'static str {
        if self.database_url.starts_with("postgres") {
            "postgres"
        } else {
            "sqlite"
        }
    }

    /// The agent with these settings and the rest of the environment, without its collections.
    ///
    /// # Errors
    /// An invalid variable of the library.
    pub(crate) fn agent(&self) -> anyhow::Result<ForestBuilder> {
        let mut agent = declared(Forest::from_env()?);
        if self.is_local && !self.has_auth_secret {
            agent = agent.auth_secret(DEMO_AUTH_SECRET);
        }
        if !self.has_application_url {
            let host = if self.host.contains(':') {
                format!("[{}]", self.host)
            } else {
                self.host.clone()
            };
            agent = agent.application_url(format!("http://{host}:{}", self.port));
        }
        Ok(agent)
    }
}

/// Settings in code, independent of the environment: the users of local mode. Actions register themselves.
pub(crate) fn declared(agent: ForestBuilder) -> ForestBuilder {
    PEOPLE.iter().map(Person::user).fold(agent, ForestBuilder::local_user)
}

/// The agent with its collections, which lie in a database of this type, and with the role that does not write all of them.
pub(crate) fn with_records(agent: ForestBuilder, records: SqlRecords, database_type: &str) -> ForestBuilder {
    let support = LocalRole::new("Support")
        .deny("customers", "Charge credit card")
        .deny_adding("companies")
        .deny_editing("companies")
        .deny_deleting("companies")
        .deny_adding("customers")
        .deny_deleting("customers");
    writable(agent.records(records))
        .local_role(support)
        .stack(Stack::new().database_type(database_type).engine("rust"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> anyhow::Result<Settings> {
        Settings::read(|name| {
            let pair = pairs.iter().find(|(key, _)| *key == name);
            pair.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn defaults_serve_locally_on_port_3310() {
        let settings = of(&[("HOST", " ")]).unwrap();
        assert!(settings.is_local);
        assert_eq!(settings.database_url, "sqlite://target/live-demo.sqlite");
        assert_eq!(settings.addresses().unwrap(), ["127.0.0.1:3310".parse().unwrap()]);
    }

    #[test]
    fn local_mode_rejects_public_addresses() {
        for host in ["0.0.0.0", "::", "192.0.2.1"] {
            let message = of(&[("HOST", host)]).unwrap().addresses().unwrap_err().to_string();
            assert!(message.contains("HOST") && message.contains("local mode"), "{message}");
            let connected = of(&[("HOST", host), ("FOREST_ENV_SECRET", "x")]).unwrap();
            assert!(connected.addresses().is_ok());
        }
        for host in ["127.0.0.2", "::1", "localhost"] {
            assert!(of(&[("HOST", host)]).unwrap().addresses().is_ok(), "{host}");
        }
    }

    #[test]
    fn an_invalid_port_is_reported() {
        for port in ["http", "70000", "-1"] {
            assert!(
                of(&[("PORT", port)]).unwrap_err().to_string().contains("PORT"),
                "{port}"
            );
        }
    }
}
