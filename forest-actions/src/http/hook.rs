//! Form hooks: the functions that run when a form opens, when a field changes, and while the user types in one.
//!
//! A hook starts from the declared form (load) or from the fields as the browser has them, edits its own copy, and
//! gives it back (FRM-01). An action without a hook answers the same routes with the form unchanged (FRM-04). A
//! failure is answered as `500 {"message": …}` (protocol: hooks, errors).

use actix_web::HttpResponse;
use actix_web::http::header;
use serde::Serialize;
use serde_json::Value;

use crate::call::ActionCall;
use crate::declare::{ActionDescriptor, HookKind};
use crate::form::{FieldState, FormState, HookFn};
use crate::handler::CallContext;
use crate::request::Attributes;
use crate::response::{ActionError, ErrorKind};

/// The form that a hook request is about.
///
/// # Errors
/// 400 when a request that follows a load has no fields or does not say which one it is about.
pub(super) fn form_state(
    action: &ActionDescriptor,
    kind: HookKind,
    sent: &mut Attributes<'_>,
) -> Result<FormState, ActionError> {
    let missing = |what: &str| ActionError::refused(ErrorKind::BadRequest, format!("`{what}` is missing"));
    let declared = action.declared_form();
    let specs = declared.as_ref().map(|form| form.fields).unwrap_or_default();
    let layout = declared.and_then(|form| form.layout);
    if kind == HookKind::Load {
        let form = FormState::opened(specs, action.change, layout);
        // the author of a load hook decides what the form opens with
        return Ok(if action.load.is_none() {
            form.with_defaults()
        } else {
            form
        });
    }
    let form = FormState::sent(
        specs,
        action.change,
        sent.fields.take().ok_or_else(|| missing("fields"))?,
        layout,
    );
    if kind == HookKind::Change {
        Ok(form.with_changed_field(sent.changed_field.take().ok_or_else(|| missing("changed_field"))?))
    } else {
        Ok(form.with_searched_field(sent.search_field.take().ok_or_else(|| missing("search_field"))?))
    }
}

/// The hook that a request calls for.
fn hook_of(action: &ActionDescriptor, kind: HookKind, form: &FormState) -> Option<HookFn> {
    match kind {
        HookKind::Load => action.load,
        // the field is chosen by what the request says has changed, not by comparing values (FRM-06)
        HookKind::Change => action.change_hook(form.get(form.changed_field()?)?.hook()?),
        HookKind::Search => {
            let (searched, _) = form.search()?;
            let fields = action.declared_form()?.fields;
            fields.iter().find(|field| field.name == searched)?.search
        }
    }
}

/// Runs the hook that the request calls for; without one the form stays as it is.
pub(super) async fn run_hook(
    action: &'static ActionDescriptor,
    kind: HookKind,
    call: ActionCall,
) -> Result<HttpResponse, ActionError> {
    // files may travel in the form, so it is only lent here
    let (hook, searched) = CallContext::read(&call.req, |context| {
        let form = context.form.as_ref().ok_or_else(no_form)?;
        Ok((
            hook_of(action, kind, form),
            form.search().map(|(field, _)| field.to_owned()),
        ))
    })?;
    let form = match hook {
        Some(hook) => {
            let form = hook(call).await?;
            let is_hook = |name: &str| action.change_hook(name).is_some();
            form.checked(action.name, is_hook).map_err(hook_failure)?
        }
        None => CallContext::read(&call.req, |context| context.form.clone().ok_or_else(no_form))?,
    };
    let (fields, layout) = match searched {
        Some(searched) => (form.into_field(&searched), Vec::new()),
        None => form.into_answer(),
    };
    let body = serde_json::to_vec(&HookAnswer { fields, layout }).map_err(ActionError::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(body))
}

fn no_form() -> ActionError {
    ActionError::internal("a hook request without a form")
}

/// A mistake in the hook itself, which its author has to see.
fn hook_failure(problem: String) -> ActionError {
    crate::response::failure(problem)
}

#[derive(Serialize)]
struct HookAnswer {
    fields: Vec<FieldState>,
    layout: Vec<Value>,
}
