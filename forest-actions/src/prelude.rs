//! Everything that a file full of actions needs: `use forest_actions::prelude::*;`.

pub use actix_web::{HttpRequest, web};

pub use crate::{
    ActionEnum, ActionError, ActionForm, ActionRequest, ActionResponse, ActionResult, Caller, Download, Forest, Form,
    FormField, FormFile, FormState, HookResult, IntoActionResponse, NotDone, RecordId, RecordIds, Records,
    RedirectTarget, Refusal, Results, Selection, Values, Webhook, actions, failure, html, no_content, refuse,
    smart_action, success,
};
