//! Whole logins against the fake Forest server.

#![cfg(feature = "testing")]

mod agent;
mod callback;
mod identity;
mod instances;
mod log;
mod round_trip;
mod start;

use serde_json::{Value, json};

use crate::testing::{FakeForest, FakeUser};

pub(super) const DISCOVERY: &str = "GET /oidc/.well-known/openid-configuration";
pub(super) const REGISTRATION: &str = "POST /oidc/reg";
pub(super) const EXCHANGE: &str = "POST /oidc/token";
pub(super) const KEYS: &str = "GET /oidc/jwks";
pub(super) const WHO: &str = "GET /liana/v2/renderings/42/authorization";

/// A Forest server with one user, who logs in.
pub(super) async fn forest() -> FakeForest {
    let angelica = FakeUser::new(172, "angelica@example.com")
        .name("Angelica", "Bengtsson")
        .role("Manager")
        .permission_level("admin")
        .tag("country", "Canada");
    let fake = FakeForest::builder().user(angelica).login_as(172);
    fake.start().await.unwrap()
}

/// The body of an error in the shape of the reference agent.
pub(super) fn errors(status: u16, name: &str, detail: &str) -> Value {
    json!({"errors": [{"status": status, "detail": detail, "name": name}]})
}
