//! Typed, protected Smart Actions for Forest Admin on actix-web.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod config;
mod decide;
mod declare;
mod error;
mod forest;
pub mod form;
mod http;
mod link;
mod local;
pub mod prelude;
mod request;
mod response;
pub mod schema;

pub use config::Environment;
pub use declare::{ActionDescriptor, ActionKind, ActionProblem, HttpMethod, Origin};
pub use error::Error;
pub use forest::{Forest, ForestBuilder};
pub use form::{ActionEnum, ActionForm, Field, File, FormState};
pub use http::{ActionArg, Form, HookHandler, HookResult};
#[cfg(feature = "garde")]
pub use http::Validated;
pub use local::{LocalRole, LocalUser};
pub use request::{ActionRequest, Caller, InvalidKey, KeyPart, ParentRecord, RecordId, RecordIds, RecordKey, Values};
pub use response::{
    ActionError, ActionResponse, ActionResult, Download, ErrorKind, IntoActionError, IntoActionResponse,
    InvalidRedirect, InvalidWebhook, RedirectTarget, Webhook, failure, html, no_content, success,
};

pub use forest_actions_macros::{ActionEnum, ActionForm, actions, smart_action};
