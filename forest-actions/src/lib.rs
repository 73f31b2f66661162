//! Typed, protected Smart Actions for Forest Admin on actix-web.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod config;
mod decide;
mod declare;
mod error;
mod forest;
mod http;
mod link;
mod local;
pub mod prelude;
mod request;
mod response;
pub mod schema;

pub use config::Environment;
pub use declare::{ActionDescriptor, ActionForm, ActionKind, ActionProblem, FormField, HttpMethod, Origin};
pub use error::Error;
pub use forest::{Forest, ForestBuilder};
pub use http::{ActionArg, FormState, HookHandler, HookResult};
pub use local::{LocalRole, LocalUser};
pub use request::{ActionRequest, Caller, InvalidKey, KeyPart, ParentRecord, RecordId, RecordIds, RecordKey, Values};
pub use response::{
    ActionError, ActionResponse, ActionResult, Download, ErrorKind, IntoActionError, IntoActionResponse,
    InvalidRedirect, InvalidWebhook, RedirectTarget, Webhook, failure, html, no_content, success,
};

pub use forest_actions_macros::{actions, smart_action};
