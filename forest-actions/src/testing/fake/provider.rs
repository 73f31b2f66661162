//! The OpenID Connect provider's memory: registered clients, codes that may be exchanged once, access tokens, and what
//! a login is to end in. The routes are in `provider_routes` and `login`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a code and an access token are good for.
const CODE_LIFETIME: Duration = Duration::from_secs(60);
pub(super) const TOKEN_LIFETIME: Duration = Duration::from_secs(3600);

/// How many of each are kept; a program that logs in for ever forgets the oldest.
const KEPT: usize = 10_000;

/// A client that registered, or was registered by the test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredClient {
    pub(super) id: String,
    pub(super) redirect_uris: Vec<String>,
}

impl RegisteredClient {
    /// The client id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The addresses to which it may send people back.
    #[must_use]
    pub fn redirect_uris(&self) -> &[String] {
        &self.redirect_uris
    }
}

/// Why the Forest server does not let an agent log somebody in (protocol: authentication).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginRefusal {
    /// The person has no access to the project: 403.
    NoAccess,
    /// The project asks for two-factor authentication: 403 with a name of its own.
    TwoFactorRequired,
    /// The secret belongs to no project: 404.
    UnknownProject,
    /// The secret and the rendering do not belong together: 422.
    InconsistentRendering,
}

/// What a code was issued for.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) code: String,
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) user: u64,
    pub(super) nonce: Option<String>,
    /// The S256 challenge that the exchange has to answer.
    pub(super) challenge: Option<String>,
    pub(super) issued: Instant,
    /// The access token that it was exchanged for.
    pub(super) exchanged: Option<String>,
}

impl Code {
    pub(super) fn is_expired(&self) -> bool {
        self.issued.elapsed() > CODE_LIFETIME
    }
}

#[derive(Debug)]
struct AccessToken {
    token: String,
    user: u64,
    issued: Instant,
}

/// Everything the provider remembers.
#[derive(Debug, Default)]
pub(super) struct Provider {
    pub(super) clients: Vec<RegisteredClient>,
    pub(super) codes: Vec<Code>,
    tokens: Vec<AccessToken>,
    /// Who is logged in without being asked.
    pub(super) login_as: Option<u64>,
    /// The error and description that a login ends in.
    pub(super) login_error: Option<(String, String)>,
    pub(super) refusals: BTreeMap<u64, LoginRefusal>,
    pub(super) refusal_for_all: Option<LoginRefusal>,
}

impl Provider {
    pub(super) fn register(&mut self, id: String, redirect_uris: Vec<String>) {
        self.clients.retain(|client| client.id != id);
        push(&mut self.clients, RegisteredClient { id, redirect_uris });
    }

    pub(super) fn client(&self, id: &str) -> Option<&RegisteredClient> {
        self.clients.iter().find(|client| client.id == id)
    }

    pub(super) fn add_code(&mut self, code: Code) {
        push(&mut self.codes, code);
    }

    /// A new access token of this user.
    pub(super) fn issue_token(&mut self, user: u64) -> String {
        let token = format!("access-{}", uuid::Uuid::new_v4().simple());
        let entry = AccessToken {
            token: token.clone(),
            user,
            issued: Instant::now(),
        };
        push(&mut self.tokens, entry);
        token
    }

    pub(super) fn revoke(&mut self, token: &str) {
        self.tokens.retain(|entry| entry.token != token);
    }

    pub(super) fn revoke_all(&mut self) {
        self.tokens.clear();
    }

    /// The user whose access token this is.
    pub(super) fn user_of(&self, token: &str) -> Option<u64> {
        let entry = self.tokens.iter().find(|entry| entry.token == token)?;
        (entry.issued.elapsed() <= TOKEN_LIFETIME).then_some(entry.user)
    }

    pub(super) fn refusal(&self, user: u64) -> Option<LoginRefusal> {
        self.refusal_for_all.or_else(|| self.refusals.get(&user).copied())
    }

    /// What another environment secret leaves: nothing that was given out under the old one.
    pub(super) fn forget(&mut self) {
        self.clients.clear();
        self.codes.clear();
        self.tokens.clear();
    }
}

fn push<T>(list: &mut Vec<T>, entry: T) {
    if list.len() >= KEPT {
        list.remove(0);
    }
    list.push(entry);
}
