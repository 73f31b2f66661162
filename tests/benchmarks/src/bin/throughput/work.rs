//! The requests over a database, as smart actions and by hand.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use forest_actions::prelude::*;
use serde::Serialize;
use serde_json::json;

use crate::database::{Account, Database};
use crate::hand::{Body, Refusal, State, Success, admit, checked, respond};
use crate::sides::message;

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// One record is looked up, and charged.
    Action,
    /// A form opens, and its hook takes no record.
    Hook,
    /// A page of the list.
    List,
}

impl Work {
    pub(crate) const ALL: [Self; 3] = [Self::Action, Self::Hook, Self::List];

    pub(crate) fn uri(self) -> &'static str {
        match self {
            Self::Action => "/forest/actions/charge-account?timezone=Europe%2FParis",
            Self::Hook => "/forest/actions/charge-account/hooks/load?timezone=Europe%2FParis",
            Self::List => concat!(
                "/forest/accounts?fields%5Baccounts%5D=id%2Cname%2Cstatus&page%5Bnumber%5D=3&page%5Bsize%5D=15&sort=-id",
                "&filters=%7B%22field%22%3A%22status%22%2C%22operator%22%3A%22equal%22%2C%22value%22%3A%22live%22%7D",
                "&timezone=Europe%2FParis"
            ),
        }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Action => "action",
            Self::Hook => "load hook",
            Self::List => "list",
        })
    }
}

#[derive(ActionForm)]
struct ChargeAccount {
    amount: f64,
    note: Option<String>,
}

#[smart_action(collection = "accounts", name = "Charge account", kind = "single", load = open)]
async fn charge_account(id: RecordId<i64>, form: Form<ChargeAccount>, database: web::Data<Database>) -> ActionResult {
    database.charge(*id, form.amount).await?;
    Ok(success(message(*id, form.amount, form.note.as_deref())))
}

async fn open(mut form: FormState<ChargeAccount>) -> HookResult<ChargeAccount> {
    form.field("note").set_value("thank you");
    Ok(form)
}

/// Mounts the handlers by hand.
pub(crate) fn by_hand(config: &mut ServiceConfig) {
    config
        .route("/forest/actions/charge-account", web::post().to(charge_by_hand))
        .route(
            "/forest/actions/charge-account/hooks/load",
            web::post().to(open_by_hand),
        )
        .route("/forest/accounts", web::get().to(list_by_hand));
}

async fn charge_by_hand(
    request: HttpRequest,
    state: web::Data<State>,
    database: web::Data<Database>,
    body: web::Json<Body>,
) -> HttpResponse {
    let answer = async {
        admit(&request, &state)?;
        let (id, values) = checked(body.into_inner(), "accounts")?;
        if !database.has(id).await.map_err(failed)? {
            return Err((StatusCode::NOT_FOUND, "the record does not exist"));
        }
        database.charge(id, values.amount).await.map_err(failed)?;
        let success = message(id, values.amount, values.note.as_deref());
        Ok(Success { success })
    };
    respond(&request, answer.await)
}

async fn open_by_hand(request: HttpRequest, state: web::Data<State>, body: web::Json<Body>) -> HttpResponse {
    let answer = || {
        admit(&request, &state)?;
        checked(body.into_inner(), "accounts")?;
        let field = |name: &str, kind: &str, is_required: bool, position: usize| {
            json!({
                "field": name, "type": kind, "isRequired": is_required, "position": position, "defaultValue": null,
                "description": null, "enums": null, "reference": null, "value": null, "widget": null,
            })
        };
        let mut note = field("note", "String", false, 1);
        if let Some(value) = note.get_mut("value") {
            *value = "thank you".into();
        }
        Ok::<_, Refusal>(json!({"fields": [field("amount", "Number", true, 0), note], "layout": []}))
    };
    respond(&request, answer())
}

#[derive(Serialize)]
struct Document {
    data: Vec<Object>,
}

#[derive(Serialize)]
struct Object {
    #[serde(rename = "type")]
    collection: &'static str,
    id: String,
    attributes: Attributes,
}

/// The protocol has the large integers of PostgreSQL as text.
#[derive(Serialize)]
#[serde(untagged)]
enum Id {
    Number(i64),
    Text(String),
}

#[derive(Serialize)]
struct Attributes {
    id: Id,
    name: String,
    status: String,
}

#[derive(serde::Deserialize)]
struct Page {
    #[serde(rename = "page[number]")]
    number: i64,
    #[serde(rename = "page[size]")]
    size: i64,
}

async fn list_by_hand(
    request: HttpRequest,
    state: web::Data<State>,
    database: web::Data<Database>,
    page: web::Query<Page>,
) -> HttpResponse {
    let answer = async {
        admit(&request, &state)?;
        let offset = (page.number - 1) * page.size;
        let accounts = database.page(page.size, offset).await.map_err(failed)?;
        let object = |(id, name, status): Account| Object {
            collection: "accounts",
            id: id.to_string(),
            attributes: Attributes {
                id: match **database {
                    Database::Sqlite(_) => Id::Number(id),
                    Database::Postgres(_) => Id::Text(id.to_string()),
                },
                name,
                status,
            },
        };
        Ok(Document {
            data: accounts.into_iter().map(object).collect(),
        })
    };
    let mut response = respond(&request, answer.await);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn failed(_: sqlx::Error) -> Refusal {
    (StatusCode::INTERNAL_SERVER_ERROR, "the database failed")
}
