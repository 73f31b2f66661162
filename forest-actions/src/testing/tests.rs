//! The fake server's tokens against the agent's own checks.

use super::{FakeForest, TokenAlgorithm};
use crate::request::TokenKeys;

#[actix_web::test]
async fn agent_accepts_valid_sessions_only() {
    let fake = FakeForest::start().await.unwrap();
    let keys = TokenKeys::new(fake.auth_secret().as_bytes());
    let now = crate::clock::seconds_since_epoch();
    let caller = keys
        .verify(&fake.user_token(2).rendering(42).sign(), now, chrono_tz::Tz::UTC)
        .unwrap();
    assert_eq!((caller.id.as_str(), caller.rendering_id.as_str()), ("2", "42"));
    for variant in [
        fake.user_token(2).numeric_id(),
        fake.user_token(2).tags_as_object(),
        fake.user_token(2).snake_case(),
        fake.user_token(2).both_cases(),
        fake.user_token(99),
    ] {
        assert!(keys.verify(&variant.sign(), now, chrono_tz::Tz::UTC).is_ok());
    }
    for bad in [
        fake.user_token(2).expired(),
        fake.user_token(2).not_yet(),
        fake.user_token(2).signed_with("another"),
        fake.user_token(2).algorithm(TokenAlgorithm::Hs512),
        fake.user_token(2).claim("type", "refresh"),
        fake.user_token(2).without("exp"),
    ] {
        assert!(keys.verify(&bad.sign(), now, chrono_tz::Tz::UTC).is_err());
    }
}
