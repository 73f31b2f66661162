//! Smart Actions for [Forest Admin](https://www.forestadmin.com), written as one annotated async function on
//! actix-web.
//!
//! Forest Admin gives a team a back office on top of its own server. A *Smart Action* is a button there that runs the
//! team's own code on one record, on many, or on none. Everything about an action follows from its function and its
//! attribute: the declaration in `.forestadmin-schema.json`, the route, and the checks in front of it.
//!
//! ```
//! use actix_web::{App, test, web};
//! use forest_actions::prelude::*;
//! use forest_actions::LocalUser;
//!
//! struct Greeting(&'static str);
//!
//! #[smart_action(collection = "companies", name = "Mark as Live", kind = "single")]
//! async fn mark_as_live(id: RecordId<i64>, greeting: web::Data<Greeting>) -> ActionResult {
//!     if *id > 100 {
//!         return Err(failure("There is no such company"));
//!     }
//!     Ok(success(format!("{}: company {} is now live!", greeting.0, *id)))
//! }
//!
//! # #[actix_web::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // no environment secret: local mode, without an account and on this machine only
//! let forest = Forest::builder()
//!     .schema_file(false)
//!     .local_user(LocalUser::new(1, "ada@example.com"))
//!     .start()
//!     .await?;
//! let app = App::new().app_data(web::Data::new(Greeting("Hurray"))).configure(forest.routes());
//!
//! let app = test::init_service(app).await;
//! let request = test::TestRequest::post()
//!     .uri("/forest/actions/mark-as-live")
//!     .insert_header(("authorization", format!("Bearer {}", forest.local_token(1)?)))
//!     .insert_header(("content-type", "application/json"))
//!     .set_payload(r#"{"data": {"attributes": {"ids": ["7"]}}}"#);
//! let answer = test::call_and_read_body(&app, request.to_request()).await;
//! assert_eq!(answer, r#"{"success":"Hurray: company 7 is now live!"}"#);
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//!
//! | for | see |
//! | --- | --- |
//! | declaring an action | [`smart_action`] |
//! | a chart in code | [`smart_chart`], [`charts`] |
//! | declaring its form | [`ActionForm`](derive@ActionForm), [`ActionEnum`](derive@ActionEnum), [`form`] |
//! | the rows of an uploaded CSV file | [`ImportRow`](derive@ImportRow), [`import`] |
//! | the arguments of a handler | [`RecordId`], [`RecordIds`], [`Selection`], [`Records`], [`Form`], [`Values`], [`Caller`], [`ActionRequest`], every actix-web extractor |
//! | its answers | [`success`], [`html`], [`no_content`], [`Download`], [`Webhook`], [`failure`], [`ActionError`] |
//! | starting and mounting | [`Forest`], [`ForestBuilder`] |
//! | the records: a database, memory, a store of your own | [`records`], [`ForestBuilder::records`] |
//! | connecting it to Forest Admin: secrets, addresses, how long permissions are kept | [`ForestBuilder`] |
//! | the rights of roles in local mode | [`LocalRole`] |
//! | diagnosing an agent, explaining a right | [`Forest::doctor`], [`Forest::explain_access`] |
//! | declaring collections, exporting the schema | [`schema`] |
//! | actions in another crate | [`link!`] |
//!
//! # Two modes
//!
//! Without an environment secret the agent runs in *local mode*: no account, no network, this machine only, with people and
//! roles given in code. With one it is *connected* to an environment of a Forest Admin project: people log in through it, the
//! project's roles, conditions, approvals, scopes and IP rules decide, and the schema is published at start.
//!
//! # The checks before a handler
//!
//! The session token is verified, and, when connected, the caller's address is compared with the project's IP rules. The body
//! is bounded and read; a signed approval is verified and takes its place. The request is checked against the action, the
//! caller's right is decided, and the selected records are converted to their key's type. With a record source they are
//! looked up as well: records that do not exist, or lie outside of the caller's scope, are left out, and "select all" is
//! resolved to the records of the list. Then the conditions of the right are counted over them, and the need for an approval
//! is decided. Every refusal is a 4xx that names the problem, or a 503 when the rights cannot be fetched from the Forest
//! server; it has the shape that the vendor's UI shows, and CORS headers. The handler then runs in isolation: a panic costs one
//! answer, and a browser that disconnects does not interrupt it.
//!
//! # Features
//!
//! Only `server` is on by default.
//!
//! | feature | adds |
//! | --- | --- |
//! | `server` | the connected mode: the client of the Forest server. Without it the agent runs in local mode only, and an environment secret stops the start |
//! | `sqlite`, `postgres` | [`records`]`::SqlRecords`, over a pool of sqlx 0.9; needs Rust 1.94 |
//! | `playground` | the local page, [`Forest`]`::playground()`: the actions in a browser, for development |
//! | `garde` | `Validated<T>`, a form that [garde](https://docs.rs/garde) checks as well |
//! | `rust_decimal` | `Decimal` as a field of a form |
//! | `metrics` | numbers and durations of calls |
//! | `testing` | `testing::TestForest`, a client for tests of actions, and `testing::FakeForest`, a Forest server for them: logins, roles, approvals, events, and failures on demand; for dev-dependencies |

#![cfg_attr(docsrs, feature(doc_cfg))]

/// The sqlx of the pools that `SqlRecords` takes. A pool of another version does not fit.
#[cfg(feature = "sql")]
#[doc(no_inline)]
pub use sqlx;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
pub mod audit;
mod call;
mod caller;
mod clock;
#[cfg_attr(
    not(feature = "server"),
    expect(dead_code, reason = "some parts are for the Forest server")
)]
mod config;
#[cfg(feature = "server")]
mod connection;
#[cfg(feature = "server")]
mod decide;
mod declare;
pub mod doctor;
mod error;
mod forest;
pub mod form;
mod handler;
mod http;
pub mod import;
mod ip;
mod json;
mod link;
mod local;
#[cfg(feature = "server")]
mod login;
mod observed;
#[cfg(feature = "playground")]
mod playground;
pub mod prelude;
pub mod records;
mod refusals;
mod request;
mod response;
#[cfg_attr(
    not(feature = "server"),
    expect(dead_code, reason = "some parts are for the Forest server")
)]
mod rights;
#[cfg_attr(
    not(feature = "sql"),
    expect(dead_code, reason = "without a database there are no runs")
)]
pub mod runs;
pub mod schema;
#[cfg(feature = "server")]
mod server;
mod setting;
#[cfg(feature = "testing")]
pub mod testing;
mod text;

pub use caller::Caller;
pub use config::{Environment, Role};
pub use declare::{
    ActionDescriptor, ActionKind, ActionProblem, AuditMode, ChartDescriptor, ChartProblem, Confirm, HttpMethod, Origin,
};
pub use error::Error;
pub use forest::{Forest, ForestBuilder};
pub use form::{ActionEnum, ActionForm, FormField, FormFile, FormState};
#[cfg(feature = "garde")]
pub use handler::Validated;
pub use handler::{ActionArg, Form, HookHandler, HookResult, Run, Trail};
pub use import::{Import, ImportReport, ImportRow};
pub use local::{LocalRole, LocalUser};
#[cfg(feature = "playground")]
pub use playground::{Playground, PlaygroundLog};
pub use records::{InvalidKey, KeyPart, RecordKey, Records, Selection};
pub use request::{ActionRequest, ParentRecord, RecordId, RecordIds, ValueError, Values};
pub use response::{
    ActionError, ActionResponse, ActionResult, Count, Download, English, ErrorKind, IntoActionError,
    IntoActionResponse, InvalidRedirect, InvalidWebhook, NotDone, Preview, RedirectTarget, Refusal, Results, Texts,
    Webhook, failure, html, no_content, refuse, success,
};

#[doc = include_str!("docs/action_enum.md")]
pub use forest_actions_macros::ActionEnum;
#[doc = include_str!("docs/action_form.md")]
pub use forest_actions_macros::ActionForm;
#[doc = include_str!("docs/import_row.md")]
pub use forest_actions_macros::ImportRow;
#[doc = include_str!("docs/actions.md")]
pub use forest_actions_macros::actions;
/// The values of [charts in code](macro@crate::smart_chart).
pub mod charts {
    pub use crate::response::chart::{
        ChartNumber, ChartResult, IntoChart, LeaderboardChart, LineChart, ObjectiveChart, PercentageChart, PieChart,
        ValueChart,
    };
}

#[doc = include_str!("docs/smart_action.md")]
pub use forest_actions_macros::smart_action;
#[doc = include_str!("docs/smart_chart.md")]
pub use forest_actions_macros::smart_chart;
