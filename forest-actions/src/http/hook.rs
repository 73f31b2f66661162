//! Runs form hooks: when a form opens, when a field changes, and while the user types in a field that searches.
//!
//! A hook edits a copy of the declared form (load) or of the fields in the request, and returns it (FRM-01). Without a hook
//! the form is returned unchanged (FRM-04). A failure is answered as `500 {"message": …}` (protocol: hooks, errors).

use actix_web::HttpResponse;
use actix_web::http::header;
use serde::Serialize;
use serde_json::Value;

use super::preview;
use crate::call::ActionCall;
use crate::declare::{ActionDescriptor, HookKind, PREVIEW_FIELD};
use crate::form::{FieldState, FormState, Frame, HookFn};
use crate::handler::CallContext;
use crate::records::Judged;
use crate::request::{Attributes, RequestError};
use crate::response::{ActionError, Words};

/// The form that a hook starts from.
///
/// # Errors
/// 400 when the request of a change or search hook lacks the fields, or the name of the field.
pub(super) fn form_state(
    action: &ActionDescriptor,
    kind: HookKind,
    sent: &mut Attributes<'_>,
) -> Result<FormState, ActionError> {
    let missing = |name| RequestError::MissingHookAttribute { name };
    let declared = action.declared_form();
    let specs = declared.as_ref().map(|form| form.fields).unwrap_or_default();
    let layout = declared.and_then(|form| form.layout);
    if kind == HookKind::Load {
        let form = FormState::opened(specs, action.change, layout);
        // a load hook sets the values itself
        return Ok(if action.load.is_none() {
            form.with_defaults()
        } else {
            form
        });
    }
    let form = FormState::sent(
        specs,
        action.change,
        sent.fields.take().ok_or_else(|| missing("fields"))?.read_tree()?,
        layout,
    );
    if kind == HookKind::Change {
        Ok(form.with_changed_field(sent.changed_field.take().ok_or_else(|| missing("changed_field"))?))
    } else {
        Ok(form.with_searched_field(sent.search_field.take().ok_or_else(|| missing("search_field"))?))
    }
}

fn hook_of(action: &ActionDescriptor, kind: HookKind, form: &FormState) -> Option<HookFn> {
    match kind {
        HookKind::Load => action.load,
        // the request names the changed field; values are not compared (FRM-06)
        HookKind::Change => action.change_hook(form.get(form.changed_field()?)?.hook()?),
        HookKind::Search => {
            let (searched, _) = form.search()?;
            let fields = action.declared_form()?.fields;
            fields.iter().find(|field| field.name == searched)?.search
        }
    }
}

/// The parts around the form of a hook.
pub(super) struct Around {
    pub(super) frame: Frame,
    /// The records that a rule judges, if the form asks for a preview.
    pub(super) previewed: Option<Judged>,
    pub(super) texts: Words,
}

/// Runs the hook, if there is one, and writes the form.
pub(super) async fn run_hook(
    action: &'static ActionDescriptor,
    kind: HookKind,
    call: ActionCall,
    around: Around,
) -> Result<HttpResponse, ActionError> {
    // the form may contain files, so it is not cloned here
    let (hook, searched) = CallContext::read(&call.req, |context| {
        let form = context.form.as_ref().ok_or_else(no_form)?;
        Ok((
            hook_of(action, kind, form),
            form.search().map(|(field, _)| field.to_owned()),
        ))
    })?;
    let mut frame = around.frame;
    let form = match hook {
        Some(hook) => {
            let form = hook(call).await?;
            let is_hook = |name: &str| action.change_hook(name).is_some();
            form.checked(action.name, is_hook)?
        }
        None => {
            let mut form = CallContext::read(&call.req, |context| context.form.clone().ok_or_else(no_form))?;
            if let Some(judged) = &around.previewed {
                let html = preview::in_form(action, call, judged, &*around.texts).await?;
                frame.html_below(PREVIEW_FIELD, html);
                form.watch();
            }
            form
        }
    };
    let (fields, layout) = match searched {
        Some(searched) => (form.into_field(&searched), Vec::new()),
        None => form.into_answer(frame),
    };
    let body = serde_json::to_vec(&HookAnswer { fields, layout }).map_err(ActionError::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(body))
}

fn no_form() -> ActionError {
    ActionError::internal("a hook request without a form")
}

#[derive(Serialize)]
struct HookAnswer {
    fields: Vec<FieldState>,
    layout: Vec<Value>,
}
