//! Everything that a file full of actions needs: `use forest_actions::prelude::*;`.

pub use actix_web::{HttpRequest, web};

pub use crate::{
    ActionError, ActionRequest, ActionResponse, ActionResult, Caller, Download, Forest, FormState, HookResult,
    IntoActionResponse, RecordId, RecordIds, RedirectTarget, Values, Webhook, actions, failure, html, no_content,
    smart_action, success,
};
