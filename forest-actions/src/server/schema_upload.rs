//! The publication of the schema (protocol: schema upload). A failure is logged and reported, and does not stop the program
//! (SCH-08).

use reqwest::Method;
use serde::Deserialize;

use super::client::{Answer, Call, SMALL, ServerClient};
use super::facts::{Malformed, from_json};
use super::failure::{FailureKind, ServerFailure};
use crate::schema::SchemaDocument;
use crate::text::excerpt;

/// The outcome of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Publication {
    /// Disabled by configuration.
    Off,
    /// The server already has this schema (SCH-04).
    Unchanged,
    Sent {
        /// The server's background job, if it started one.
        job: Option<String>,
    },
    Failed(ServerFailure),
}

/// Publishes the schema, if `enabled` and the server does not have it yet.
pub(crate) async fn publish(client: &ServerClient, document: &SchemaDocument, enabled: bool) -> Publication {
    if !enabled {
        tracing::warn!("FOREST_DISABLE_AUTO_SCHEMA_APPLY is set to true, the schema file will not be sent to Forest.");
        return Publication::Off;
    }
    match try_publish(client, document).await {
        Ok(publication) => publication,
        Err(failure) => {
            report(&failure);
            Publication::Failed(failure)
        }
    }
}

async fn try_publish(client: &ServerClient, document: &SchemaDocument) -> Result<Publication, ServerFailure> {
    const CHECK: &str = "schema hash check";
    tracing::info!(hash = document.hash(), "Checking need for apimap update...");
    let question = serde_json::json!({ "schemaFileHash": document.hash() }).to_string();
    let answer = post(
        client,
        CHECK,
        &["forest", "apimaps", "hashcheck"],
        question.into_bytes(),
    )
    .await?;
    if !must_be_sent(&answer.body).map_err(|problem| ServerFailure::malformed(CHECK, &problem))? {
        tracing::info!(hash = document.hash(), "No change in apimap, nothing sent to Forest.");
        return Ok(Publication::Unchanged);
    }
    tracing::info!(hash = document.hash(), "Sending schema file to Forest...");
    let body = document.as_str().to_owned().into_bytes();
    let answer = post(client, "schema upload", &["forest", "apimaps"], body).await?;
    let job = job_of(&answer.body);
    tracing::info!(hash = document.hash(), status = answer.status, job, "Schema file sent.");
    Ok(Publication::Sent { job })
}

/// Posts JSON within the schema timeout; 200, 202 and 204 are success.
async fn post(
    client: &ServerClient,
    name: &'static str,
    path: &[&str],
    body: Vec<u8>,
) -> Result<Answer, ServerFailure> {
    let answer = client
        .call(Call {
            name,
            method: Method::POST,
            path,
            body: Some(body),
            limit: SMALL,
            timeout: Some(client.schema_timeout),
        })
        .await?;
    if !matches!(answer.status, 200 | 202 | 204) {
        return Err(ServerFailure::status(name, answer.status, &answer.body));
    }
    if let Some(warning) = warning_of(&answer.body) {
        tracing::warn!(warning, "the Forest server warns about the schema");
    }
    Ok(answer)
}

fn report(failure: &ServerFailure) {
    // the vendor's texts for this call
    let text = match failure.kind() {
        FailureKind::Unreachable | FailureKind::Timeout | FailureKind::Tls => {
            "Cannot send the apimap to Forest. Are you online?"
        }
        FailureKind::UnknownSecret => {
            "Cannot find the project related to the envSecret you configured. Can you check on Forest that you copied it properly in the Forest initialization?"
        }
        FailureKind::Maintenance => failure.message(),
        _ => {
            "An error occured with the apimap sent to Forest. Please contact support@forestadmin.com for further investigations."
        }
    };
    let kind = failure.kind();
    if matches!(
        kind,
        FailureKind::Unreachable | FailureKind::Timeout | FailureKind::Maintenance
    ) {
        tracing::warn!(
            kind = kind.as_str(),
            cause = failure.cause(),
            hint = HINT_LATER,
            "{text}"
        );
    } else {
        tracing::error!(
            kind = kind.as_str(),
            cause = failure.cause(),
            hint = kind.hint(),
            "{text}"
        );
    }
}

const HINT_LATER: &str = "the program runs; the schema is published at its next start";

/// Reads the response to a hash check.
pub(super) fn must_be_sent(body: &[u8]) -> Result<bool, Malformed> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Check {
        send_schema: bool,
    }
    from_json(body).map(|Check { send_schema }| send_schema)
}

fn warning_of(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Warned {
        warning: Option<String>,
    }
    let warned: Warned = serde_json::from_slice(body).ok()?;
    warned
        .warning
        .map(|warning| excerpt(&warning, 500))
        .filter(|warning| !warning.is_empty())
}

fn job_of(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Accepted {
        meta: Meta,
    }
    #[derive(Deserialize)]
    struct Meta {
        job_id: serde_json::Value,
    }
    let accepted: Accepted = serde_json::from_slice(body).ok()?;
    match accepted.meta.job_id {
        serde_json::Value::String(id) => Some(excerpt(&id, 64)),
        serde_json::Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}
