//! The three calls for permissions.

use reqwest::Method;

use super::client::{Call, LARGE, ServerClient};
use super::facts::{self, Malformed};
use super::failure::{FailureKind, ServerFailure};
use crate::decide::facts::{EnvironmentPermissions, RenderingFacts, Users};
use crate::text::excerpt;

/// Size from which JSON is parsed on a blocking thread.
const MIN_BLOCKING_SIZE: usize = 128 * 1024;

pub(super) async fn environment(client: &ServerClient) -> Result<EnvironmentPermissions, ServerFailure> {
    const NAME: &str = "permissions of the environment";
    fetch(client, NAME, &["environment"], facts::environment).await
}

pub(super) async fn users(client: &ServerClient) -> Result<Users, ServerFailure> {
    fetch(client, "users", &["users"], facts::users).await
}

pub(super) async fn rendering(client: &ServerClient, id: &str) -> Result<RenderingFacts, ServerFailure> {
    const NAME: &str = "permissions of a rendering";
    fetch(client, NAME, &["renderings", id], facts::rendering).await
}

/// Checks a rendering id, which comes from a token and becomes a part of an address.
pub(super) fn check_rendering_id(id: &str) -> Result<(), ServerFailure> {
    let valid = !id.is_empty()
        && id.len() <= 40
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if valid {
        Ok(())
    } else {
        Err(ServerFailure::new(
            FailureKind::NotAsked,
            "permissions of a rendering",
            format!(
                "`{}` is not the id of a rendering; the session's token has none",
                excerpt(id, 40)
            ),
        ))
    }
}

async fn fetch<T: Send + 'static>(
    client: &ServerClient,
    name: &'static str,
    below: &[&str],
    read: fn(&[u8]) -> Result<T, Malformed>,
) -> Result<T, ServerFailure> {
    let mut path = vec!["liana", "v4", "permissions"];
    path.extend(below);
    let answer = client
        .call(Call {
            name,
            method: Method::GET,
            path: &path,
            body: None,
            limit: LARGE,
            timeout: None,
        })
        .await?;
    if answer.status != 200 {
        return Err(ServerFailure::status(name, answer.status, &answer.body));
    }
    self::read(name, answer.body, read).await
}

/// Parses a response, on a blocking thread if it is large.
pub(super) async fn read<T: Send + 'static>(
    name: &'static str,
    body: Vec<u8>,
    read: fn(&[u8]) -> Result<T, Malformed>,
) -> Result<T, ServerFailure> {
    let facts = if body.len() < MIN_BLOCKING_SIZE {
        read(&body)
    } else {
        tokio::task::spawn_blocking(move || read(&body))
            .await
            .unwrap_or_else(|error| {
                Err(Malformed {
                    place: "the reader".to_owned(),
                    problem: error.to_string(),
                })
            })
    };
    facts.map_err(|problem| ServerFailure::malformed(name, &problem))
}
