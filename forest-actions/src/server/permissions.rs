//! The three calls for permissions, from JSON to facts.
//!
//! Nothing is kept here; `cache` asks and keeps.

use reqwest::Method;

use super::client::{Call, LARGE, ServerClient};
use super::facts::{self, Malformed};
use super::failure::{FailureKind, ServerFailure};
use crate::decide::facts::{EnvironmentPermissions, RenderingFacts, Users};
use crate::text::excerpt;

/// Above this size, reading JSON takes long enough for other requests of the worker to feel it.
const READ_ELSEWHERE: usize = 128 * 1024;

/// The rights of all roles.
pub(super) async fn environment(client: &ServerClient) -> Result<EnvironmentPermissions, ServerFailure> {
    const NAME: &str = "permissions of the environment";
    fetch(client, NAME, &["environment"], facts::environment).await
}

/// The users of the project.
pub(super) async fn users(client: &ServerClient) -> Result<Users, ServerFailure> {
    fetch(client, "users", &["users"], facts::users).await
}

/// What a rendering shows.
pub(super) async fn rendering(client: &ServerClient, id: &str) -> Result<RenderingFacts, ServerFailure> {
    const NAME: &str = "permissions of a rendering";
    fetch(client, NAME, &["renderings", id], facts::rendering).await
}

/// Whether this can be the id of a rendering. It comes from a token, and becomes a part of an address.
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

/// Reads an answer, where that takes long on a thread of its own.
pub(super) async fn read<T: Send + 'static>(
    name: &'static str,
    body: Vec<u8>,
    read: fn(&[u8]) -> Result<T, Malformed>,
) -> Result<T, ServerFailure> {
    let facts = if body.len() < READ_ELSEWHERE {
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
