//! Everything that a file full of actions needs: `use forest_actions::prelude::*;`.

pub use actix_web::{HttpRequest, web};

pub use crate::{
    ActionEnum, ActionError, ActionForm, ActionRequest, ActionResponse, ActionResult, Caller, Confirm, Download,
    Forest, Form, FormField, FormFile, FormState, HookResult, ImportReport, ImportRow, IntoActionResponse, NotDone,
    Preview, RecordId, RecordIds, Records, RedirectTarget, Refusal, Results, Selection, Trail, Values, Webhook,
    actions, failure, html, no_content, refuse, smart_action, smart_chart, success,
};
