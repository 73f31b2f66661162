//! The state of the OpenID Connect provider: registered clients, login codes, access tokens, the signing key, and the
//! configured outcome of a login. The routes are in `login`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};

use super::server::FakeForest;

const CODE_LIFETIME: Duration = Duration::from_secs(60);
pub(super) const TOKEN_LIFETIME: Duration = Duration::from_secs(3600);

/// Number of clients, codes and tokens that are kept.
const KEPT: usize = 10_000;

/// A registered client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredClient {
    pub(super) id: String,
    pub(super) redirect_uris: Vec<String>,
}

impl RegisteredClient {
    /// The `client_id`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The redirect addresses of the client.
    #[must_use]
    pub fn redirect_uris(&self) -> &[String] {
        &self.redirect_uris
    }
}

/// The refusal of a login by the Forest server (protocol: authentication).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginRefusal {
    /// The user has no access to the project: 403.
    NoAccess,
    /// The project requires two-factor authentication: 403 with a name of its own.
    TwoFactorRequired,
    /// The secret belongs to no project: 404.
    UnknownProject,
    /// The secret and the rendering do not belong together: 422.
    InconsistentRendering,
}

/// A login code.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) code: String,
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) user: u64,
    pub(super) nonce: Option<String>,
    pub(super) scope: Option<String>,
    /// The S256 challenge of the exchange.
    pub(super) challenge: Option<String>,
    pub(super) issued: Instant,
    /// The access token of the exchange.
    pub(super) exchanged: Option<String>,
}

impl Code {
    pub(super) fn is_expired(&self) -> bool {
        self.issued.elapsed() > CODE_LIFETIME
    }
}

/// The claim to a login code.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) client_id: String,
    pub(super) code: String,
    pub(super) redirect_uri: Option<String>,
    pub(super) verifier: Option<String>,
}

#[derive(Debug)]
struct RefreshToken {
    token: String,
    client_id: String,
    user: u64,
    scope: Option<String>,
}

#[derive(Debug)]
struct AccessToken {
    token: String,
    user: u64,
    issued: Instant,
}

#[derive(Debug, Default)]
pub(super) struct Provider {
    pub(super) clients: Vec<RegisteredClient>,
    pub(super) codes: Vec<Code>,
    tokens: Vec<AccessToken>,
    refresh_tokens: Vec<RefreshToken>,
    /// The user that is logged in without the page.
    pub(super) login_as: Option<u64>,
    /// The error and description with which every login ends.
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

    /// The code of an exchange, if it is valid: once, for its own client, address and challenge.
    pub(super) fn redeem(&mut self, exchange: &Exchange) -> Option<&Code> {
        let client = self.client(&exchange.client_id)?;
        // some agents leave the address out, which is unambiguous with one
        let has_one_uri = client.redirect_uris.len() == 1;
        let code = self.codes.iter().find(|entry| entry.code == exchange.code)?;
        let is_its_uri = match &exchange.redirect_uri {
            Some(uri) => *uri == code.redirect_uri,
            None => has_one_uri,
        };
        let is_its_verifier = match &code.challenge {
            Some(challenge) => {
                let verifier = exchange.verifier.as_deref().unwrap_or_default();
                BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) == *challenge
            }
            None => true,
        };
        if code.client_id != exchange.client_id || !is_its_uri || !is_its_verifier || code.is_expired() {
            return None;
        }
        if let Some(token) = code.exchanged.clone() {
            // a code that is used twice was stolen, so its token is revoked
            self.revoke(&token);
            return None;
        }
        self.codes.iter().find(|entry| entry.code == exchange.code)
    }

    /// A new access token; for the exchange of a code, if there is one.
    pub(super) fn issue_token(&mut self, user: u64, code: Option<&str>) -> String {
        let token = format!("access-{}", uuid::Uuid::new_v4().simple());
        self.keep_token(user, token.clone(), code);
        token
    }

    pub(super) fn keep_token(&mut self, user: u64, token: String, code: Option<&str>) {
        let mut codes = self.codes.iter_mut();
        if let Some(code) = codes.find(|entry| code == Some(entry.code.as_str())) {
            code.exchanged = Some(token.clone());
        }
        let issued = Instant::now();
        push(&mut self.tokens, AccessToken { token, user, issued });
    }

    pub(super) fn keep_refresh_token(&mut self, client_id: String, user: u64, scope: Option<String>, token: String) {
        let entry = RefreshToken {
            token,
            client_id,
            user,
            scope,
        };
        push(&mut self.refresh_tokens, entry);
    }

    /// The user and scope of a refresh token of this client, which is then used up.
    pub(super) fn take_refresh_token(&mut self, client_id: &str, token: &str) -> Option<(u64, Option<String>)> {
        let is_it = |entry: &RefreshToken| entry.token == token && entry.client_id == client_id;
        let place = self.refresh_tokens.iter().position(is_it)?;
        let entry = self.refresh_tokens.remove(place);
        Some((entry.user, entry.scope))
    }

    pub(super) fn revoke(&mut self, token: &str) {
        self.tokens.retain(|entry| entry.token != token);
    }

    pub(super) fn revoke_all(&mut self) {
        self.tokens.clear();
        self.refresh_tokens.clear();
    }

    /// The user of an access token.
    pub(super) fn user_of(&self, token: &str) -> Option<u64> {
        let entry = self.tokens.iter().find(|entry| entry.token == token)?;
        (entry.issued.elapsed() <= TOKEN_LIFETIME).then_some(entry.user)
    }

    pub(super) fn refusal(&self, user: u64) -> Option<LoginRefusal> {
        self.refusal_for_all.or_else(|| self.refusals.get(&user).copied())
    }

    /// Forgets all that was issued under the old environment secret.
    pub(super) fn forget(&mut self) {
        self.clients.clear();
        self.codes.clear();
        self.revoke_all();
    }
}

fn push<T>(list: &mut Vec<T>, entry: T) {
    if list.len() >= KEPT {
        list.remove(0);
    }
    list.push(entry);
}

/// The RSA key of the identity tokens, random for each server, so that tokens of two servers are never interchangeable.
#[derive(Debug)]
pub(super) struct SigningKey {
    pair: RsaKeyPair,
    id: String,
}

impl SigningKey {
    /// Makes a key; `None` if the system has no randomness.
    pub(super) fn generate() -> Option<Self> {
        Some(Self {
            pair: RsaKeyPair::generate(KeySize::Rsa2048).ok()?,
            id: uuid::Uuid::new_v4().simple().to_string(),
        })
    }

    /// The public key, as an entry of a key set.
    pub(super) fn public(&self) -> Value {
        let key = self.pair.public_key();
        json!({
            "kty": "RSA",
            "kid": self.id,
            "use": "sig",
            "alg": "RS256",
            "n": BASE64_URL_SAFE_NO_PAD.encode(key.modulus().big_endian_without_leading_zero()),
            "e": BASE64_URL_SAFE_NO_PAD.encode(key.exponent().big_endian_without_leading_zero()),
        })
    }

    /// Signs a token with these claims.
    pub(super) fn sign(&self, claims: &Value) -> Option<String> {
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": self.id});
        let encoded = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encoded(&header), encoded(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message.as_bytes(),
                &mut signature,
            )
            .ok()?;
        Some(format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// Logins.
impl FakeForest {
    /// Logs this user in without showing the page; `None` shows the page again.
    pub fn login_as(&self, user: Option<u64>) {
        self.shared().state().provider.login_as = user;
    }

    /// Ends every login with this error and description, sent to the agent.
    pub fn fail_logins(&self, error: &str, description: &str) {
        self.shared().state().provider.login_error = Some((error.to_owned(), description.to_owned()));
    }

    /// Refuses a user when the agent requests the authorization of a login.
    pub fn refuse_login(&self, user: u64, refusal: LoginRefusal) {
        self.shared().state().provider.refusals.insert(user, refusal);
    }

    /// Refuses every user when the agent requests the authorization of a login.
    pub fn refuse_logins(&self, refusal: LoginRefusal) {
        self.shared().state().provider.refusal_for_all = Some(refusal);
    }

    /// Ends the effects of `fail_logins`, `refuse_login` and `refuse_logins`.
    pub fn accept_logins(&self) {
        let mut state = self.shared().state();
        state.provider.login_error = None;
        state.provider.refusal_for_all = None;
        state.provider.refusals.clear();
    }

    /// The registered clients, oldest first.
    #[must_use]
    pub fn clients(&self) -> Vec<RegisteredClient> {
        self.shared().state().provider.clients.clone()
    }

    /// Registers a client, or changes its redirect addresses.
    pub fn register_client(&self, id: &str, redirect_uris: impl IntoIterator<Item = impl Into<String>>) {
        let uris = redirect_uris.into_iter().map(Into::into).collect();
        self.shared().state().provider.register(id.to_owned(), uris);
    }

    /// Forgets the clients, so that agents have to register again.
    pub fn forget_clients(&self) {
        self.shared().state().provider.clients.clear();
    }

    /// An access token of a user, as a login issues it: the UI calls the Forest server with it.
    pub fn access_token(&self, user: u64) -> String {
        self.shared().state().provider.issue_token(user, None)
    }

    /// Revokes all access tokens.
    pub fn revoke_access_tokens(&self) {
        self.shared().state().provider.revoke_all();
    }

    /// Signs identity tokens with a new key, and no longer publishes the old one.
    pub fn rotate_signing_key(&self) {
        self.shared().drop_signing_key();
    }
}
