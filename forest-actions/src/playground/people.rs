//! Who one can be on the local page, and the session that one gets for it.
//!
//! Owns where people come from: the users of local mode, those of a fake Forest server, or nowhere, since the people of a
//! real one log in through it. Makes no session for anybody else. Called by the document and by the session's route.

use serde::Serialize;

use crate::forest::Forest;
use crate::response::ActionError;
#[cfg(feature = "testing")]
use crate::testing::{FakeForest, FakeUser};
#[cfg(feature = "testing")]
use secrecy::ExposeSecret as _;

/// Where people come from.
#[derive(Debug)]
pub(super) enum People {
    /// From code.
    Local,
    /// From a fake Forest server that the agent is connected to.
    #[cfg(feature = "testing")]
    Fake(FakeForest),
    /// From a Forest server: it logs them in itself.
    Elsewhere,
}

/// Somebody to be.
#[derive(Debug, Serialize)]
pub(super) struct Person {
    id: u64,
    name: String,
    email: String,
    role: String,
    team: String,
}

impl People {
    pub(super) fn of(forest: &Forest) -> Self {
        if forest.is_local() {
            Self::Local
        } else {
            Self::Elsewhere
        }
    }

    #[cfg(feature = "testing")]
    pub(super) fn of_fake(fake: FakeForest) -> Self {
        Self::Fake(fake)
    }

    /// Whether the agent asks this very server.
    #[cfg(feature = "testing")]
    pub(super) fn is_connected_to(forest: &Forest, fake: &FakeForest) -> bool {
        let config = forest.shared.config();
        let secret = config.env_secret.as_ref().map(|secret| secret.expose_secret());
        !config.is_local()
            && secret == Some(fake.env_secret().as_str())
            && config.server_url.trim_end_matches('/') == fake.url()
    }

    /// The word of the page's configuration.
    pub(super) fn mode(&self) -> &'static str {
        match self {
            Self::Local => "local",
            #[cfg(feature = "testing")]
            Self::Fake(_) => "fake",
            Self::Elsewhere => "connected",
        }
    }

    /// The fake Forest server, which has approvals.
    #[cfg(feature = "testing")]
    pub(super) fn fake(&self) -> Option<&FakeForest> {
        match self {
            Self::Fake(fake) => Some(fake),
            Self::Local | Self::Elsewhere => None,
        }
    }

    /// Whether approvals can be filed and reviewed.
    pub(super) fn has_approvals(&self) -> bool {
        match self {
            #[cfg(feature = "testing")]
            Self::Fake(_) => true,
            Self::Local | Self::Elsewhere => false,
        }
    }

    /// Everybody one can be.
    pub(super) fn list(&self, forest: &Forest) -> Vec<Person> {
        match self {
            Self::Local => forest.local_users().iter().map(local_person).collect(),
            #[cfg(feature = "testing")]
            Self::Fake(fake) => fake.users().iter().map(fake_person).collect(),
            Self::Elsewhere => Vec::new(),
        }
    }

    /// A session that starts now.
    ///
    /// # Errors
    /// 404 for somebody one cannot be.
    pub(super) fn session(&self, forest: &Forest, id: u64) -> Result<(String, Person), ActionError> {
        let nobody = || ActionError::not_found(format!("there is no user {id} to be here"));
        let person = self.list(forest).into_iter().find(|person| person.id == id);
        let person = person.ok_or_else(nobody)?;
        let token = match self {
            Self::Local => forest.local_token(id).map_err(ActionError::internal)?,
            #[cfg(feature = "testing")]
            Self::Fake(fake) => fake
                .user_token(id)
                // the agent need not have been given the server's own
                .signed_with(forest.shared.config().auth_secret.expose_secret())
                .sign(),
            Self::Elsewhere => return Err(nobody()),
        };
        Ok((token, person))
    }
}

fn local_person(user: &crate::local::LocalUser) -> Person {
    Person {
        id: user.id(),
        name: user.full_name(),
        email: user.email().to_owned(),
        role: user.role_name().to_owned(),
        team: user.team_name().to_owned(),
    }
}

#[cfg(feature = "testing")]
fn fake_person(user: &FakeUser) -> Person {
    Person {
        id: user.id(),
        name: user.full_name(),
        email: user.email().to_owned(),
        role: user.role_name().unwrap_or_default().to_owned(),
        team: user.team_name().unwrap_or_default().to_owned(),
    }
}
