//! The preview of an action: its route, its part of the form, and the token that binds a run to it.

use std::fmt;

use actix_web::HttpResponse;
use actix_web::http::header;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use futures_util::TryStreamExt as _;
use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::call::ActionCall;
use crate::caller::Caller;
use crate::clock::seconds_since_epoch;
use crate::declare::ActionDescriptor;
use crate::handler::CallContext;
use crate::records::{Judged, Records, Selection};
use crate::request::{ActionRequest, PREVIEW_TOKEN, RequestError};
use crate::response::{ActionError, ErrorKind, Preview, Results, Texts, block};
use crate::text::html_escaped;

/// Maximum number of records of a preview, which all have to be read.
const MAX_PREVIEW: u64 = 100_000;

/// Lifetime of a preview, in seconds.
const LIFETIME: u64 = 600;

/// Records that are read at once.
const CHUNK: usize = 500;

/// The key of previews, made from the secret of the sessions so that neither token passes for the other.
pub(super) struct PreviewKeys {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// What a preview was about.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Claims {
    r#type: String,
    /// Collection and name.
    action: String,
    user: String,
    records: RecordsDigest,
    values: String,
    exp: u64,
}

/// A digest of records that does not depend on their order, so that it needs no memory.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct RecordsDigest {
    count: u64,
    xor: String,
    sum: String,
}

impl PreviewKeys {
    pub(super) fn new(secret: &[u8]) -> Self {
        let secret = EncodingKey::from_secret(secret);
        let derived = sign(b"forest-actions preview", &secret, Algorithm::HS256);
        // without a signature a random key, which accepts no token
        let derived = derived.unwrap_or_else(|_| uuid::Uuid::new_v4().to_string());
        Self {
            encoding: EncodingKey::from_secret(derived.as_bytes()),
            decoding: DecodingKey::from_secret(derived.as_bytes()),
        }
    }

    /// A token for these records and values, and the number of records.
    ///
    /// # Errors
    /// The records cannot be read, or are too many.
    async fn issue(
        &self,
        action: &ActionDescriptor,
        user: &str,
        allowed: &Selection,
        request: &ActionRequest,
    ) -> Result<(String, u64), ActionError> {
        require_few(allowed).await?;
        let claims = Claims {
            exp: seconds_since_epoch().saturating_add(LIFETIME),
            ..self.claims(action, user, allowed, request).await?
        };
        let header = Header::new(Algorithm::HS256);
        let token = jsonwebtoken::encode(&header, &claims, &self.encoding).map_err(ActionError::internal)?;
        Ok((token, claims.records.count))
    }

    /// Checks that a run is about the records and values of its preview, if it names one. An approved run may be late, and
    /// its preview is that of the requester.
    ///
    /// # Errors
    /// 409 when records or values have changed, or when the preview is too old; 400 when the token is missing or of another
    /// action or user.
    pub(super) async fn check(
        &self,
        action: &ActionDescriptor,
        caller: &Caller,
        allowed: &Selection,
        request: &ActionRequest,
    ) -> Result<(), ActionError> {
        let is_required = action.preview.is_some_and(|preview| preview.is_required);
        let token = match request.value_of(PREVIEW_TOKEN)? {
            None | Some(Value::Null) if is_required => return Err(RequestError::PreviewRequired.into()),
            None | Some(Value::Null) => return Ok(()),
            Some(Value::String(token)) if action.preview.is_some() => token,
            Some(_) => return Err(RequestError::InvalidPreview.into()),
        };
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        let claimed = jsonwebtoken::decode::<Claims>(&token, &self.decoding, &validation);
        let claimed = claimed.map_err(|_| RequestError::InvalidPreview)?.claims;
        let user = request.requester_id().unwrap_or(&caller.id);
        let is_late = claimed.exp <= seconds_since_epoch() && request.requester_id().is_none();
        if is_late {
            return Err(RequestError::PreviewOutdated.into());
        }
        if claimed.user != user || claimed.action != name_of(action) {
            return Err(RequestError::InvalidPreview.into());
        }
        if allowed.counted(Some(MAX_PREVIEW + 1)).await? > MAX_PREVIEW {
            return Err(RequestError::PreviewOutdated.into());
        }
        let now = Claims {
            exp: claimed.exp,
            ..self.claims(action, user, allowed, request).await?
        };
        match now == claimed {
            true => Ok(()),
            false => Err(RequestError::PreviewOutdated.into()),
        }
    }

    async fn claims(
        &self,
        action: &ActionDescriptor,
        user: &str,
        allowed: &Selection,
        request: &ActionRequest,
    ) -> Result<Claims, ActionError> {
        let values = Value::Object(request.plain_values()?).to_string();
        Ok(Claims {
            r#type: "preview".to_owned(),
            action: name_of(action),
            user: user.to_owned(),
            records: self.digest(allowed).await?,
            values: format!("{:032x}", self.hash(values.as_bytes())?),
            exp: 0,
        })
    }

    /// Reads the records, so that a record that changes without leaving the selection is noticed as well.
    async fn digest(&self, allowed: &Selection) -> Result<RecordsDigest, ActionError> {
        let (mut count, mut xor, mut sum) = (0_u64, 0_u128, 0_u128);
        let mut add = |text: &str| {
            let hash = self.hash(text.as_bytes())?;
            count += 1;
            xor ^= hash;
            sum = sum.wrapping_add(hash);
            Ok::<_, ActionError>(())
        };
        if allowed.has_records() {
            let mut pages = Records::<Value>::new(allowed.clone()).keyed_chunks(CHUNK);
            while let Some(page) = pages.try_next().await? {
                for (key, record) in page {
                    add(&format!("{key}\n{}", record?))?;
                }
            }
        } else {
            let mut pages = allowed.chunks::<String>(CHUNK);
            while let Some(page) = pages.try_next().await? {
                page.iter().try_for_each(|id| add(id))?;
            }
        }
        Ok(RecordsDigest {
            count,
            xor: format!("{xor:032x}"),
            sum: format!("{sum:032x}"),
        })
    }

    fn hash(&self, text: &[u8]) -> Result<u128, ActionError> {
        let signature = sign(text, &self.encoding, Algorithm::HS256).map_err(ActionError::internal)?;
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(ActionError::internal)?;
        let first = bytes
            .first_chunk()
            .ok_or_else(|| ActionError::internal("a short signature"))?;
        Ok(u128::from_be_bytes(*first))
    }
}

impl fmt::Debug for PreviewKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PreviewKeys")
    }
}

fn name_of(action: &ActionDescriptor) -> String {
    format!("{}/{}", action.collection, action.name)
}

/// Requires that a preview can read all of its records.
///
/// # Errors
/// 422 with the number of records.
async fn require_few(selection: &Selection) -> Result<(), ActionError> {
    let selected = selection.counted(None).await?;
    match selected > MAX_PREVIEW {
        true => Err(RequestError::PreviewTooLarge {
            selected,
            at_most: MAX_PREVIEW,
        }
        .into()),
        false => Ok(()),
    }
}

/// The answer of the preview route.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PreviewAnswer<'a> {
    success: &'a str,
    html: String,
    results: Foreseen,
    preview_token: String,
}

/// The numbers of records that a run would do and refuse.
#[derive(Serialize)]
struct Foreseen {
    allowed: u64,
    refused: u64,
    reasons: Option<Box<RawValue>>,
}

/// Runs the preview of an action for a program.
///
/// # Errors
/// The records cannot be read or are too many, or the function of the program failed.
pub(super) async fn answer(
    keys: &PreviewKeys,
    action: &ActionDescriptor,
    call: ActionCall,
    judged: &Judged,
    texts: &dyn Texts,
) -> Result<HttpResponse, ActionError> {
    let preview = action
        .preview
        .ok_or_else(|| ActionError::internal("an action without a preview"))?;
    let (caller, request, requested) = CallContext::read(&call.req, |context| {
        Ok((
            context.caller.clone(),
            context.request()?.clone(),
            context.requested.clone(),
        ))
    })?;
    let allowed = requested.resolve().await?;
    // before the function reads them: a record that changes meanwhile makes the preview out of date
    let (preview_token, records) = keys.issue(action, &caller.id, allowed, &request).await?;
    let preview = (preview.run)(call).await?;
    // those of "select all" are judged as they are read
    let (_, refused) = judged.take();
    let body = PreviewAnswer {
        success: &preview.sentence,
        html: panel(&preview, &refused, texts),
        results: Foreseen {
            allowed: records,
            refused: refused.refused_count(),
            reasons: refused.reasons(),
        },
        preview_token,
    };
    let body = serde_json::to_vec(&body).map_err(ActionError::internal)?;
    let mut answer = HttpResponse::Ok();
    Ok(answer
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(body))
}

/// Runs the preview of an action for its form. An error that the user can correct is shown in its place.
///
/// # Errors
/// An unexpected error.
pub(super) async fn in_form(
    action: &ActionDescriptor,
    call: ActionCall,
    judged: &Judged,
    texts: &dyn Texts,
) -> Result<String, ActionError> {
    let preview = action
        .preview
        .ok_or_else(|| ActionError::internal("an action without a preview"))?;
    let requested = CallContext::read(&call.req, |context| Ok(context.requested.clone()))?;
    require_few(requested.resolve().await?).await?;
    match (preview.run)(call).await {
        Ok(preview) => Ok(panel(&preview, &judged.take().1, texts)),
        Err(error) if error.kind() == ErrorKind::Internal => Err(error),
        Err(error) => Ok(block(&format!("<p>{}</p>", html_escaped(error.message())))),
    }
}

/// The sentence, the table, and the records that would be refused.
fn panel(preview: &Preview, refused: &Results, texts: &dyn Texts) -> String {
    let mut html = block(&preview.html());
    if refused.refused_count() > 0 {
        html.push_str(&refused.panel(texts));
    }
    html
}
