//! Form hooks: the functions that run when a form opens and when a field changes.
//!
//! A hook starts from the declared form (load) or from the fields as the browser has them (change), edits
//! its own copy, and gives it back (FRM-01). An action without a hook answers the same routes with the form
//! unchanged (FRM-04).

use std::future::Future;

use actix_web::HttpResponse;
use actix_web::http::header;
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use serde_json::{Map, Value};

use super::args::{ActionArg, ActionCall};
use super::context::CallContext;
use crate::declare::{ActionDescriptor, HookKind};
use crate::request::Attributes;
use crate::response::{ActionError, ErrorKind};

/// What a hook returns: the form, as it shall be shown.
pub type HookResult = Result<FormState, ActionError>;

/// A hook after its arguments have been made uniform.
pub type HookFn = fn(ActionCall) -> LocalBoxFuture<'static, HookResult>;

/// The form of one request: an extractor for hooks, and what they return.
///
/// ```
/// use forest_actions::{FormState, HookResult, RecordId};
///
/// async fn prefill(mut form: FormState, id: RecordId<i64>) -> HookResult {
///     form.set_value("Reference", format!("order {}", *id));
///     Ok(form)
/// }
/// ```
#[derive(Debug, Clone)]
pub struct FormState {
    fields: Vec<Map<String, Value>>,
    changed_field: Option<String>,
}

impl FormState {
    /// The state that a hook request describes.
    ///
    /// # Errors
    /// 400 when a change request has no fields or does not say which one changed.
    pub(super) fn of(action: &ActionDescriptor, kind: HookKind, sent: &mut Attributes) -> Result<Self, ActionError> {
        let refused = |text: &str| ActionError::refused(ErrorKind::BadRequest, text);
        let (mut fields, changed_field) = match kind {
            HookKind::Load => (crate::schema::declared_fields_json(action)?, None),
            HookKind::Change => {
                let fields = sent.fields.take().ok_or_else(|| refused("`fields` is missing"))?;
                let changed = sent
                    .changed_field
                    .take()
                    .ok_or_else(|| refused("`changed_field` is missing"))?;
                (fields, Some(changed))
            }
        };
        for field in &mut fields {
            field.entry("value").or_insert(Value::Null);
        }
        Ok(Self { fields, changed_field })
    }

    /// The field that the user has just changed; `None` in a load hook.
    #[must_use]
    pub fn changed_field(&self) -> Option<&str> {
        self.changed_field.as_deref()
    }

    /// The current value of a field; `None` when the form has no such field or it is empty.
    #[must_use]
    pub fn value(&self, field: &str) -> Option<&Value> {
        self.find(field)?.get("value").filter(|value| !value.is_null())
    }

    /// Sets the value of a field. A field that the form does not have is left alone, and logged.
    pub fn set_value(&mut self, field: &str, value: impl Into<Value>) {
        match self.fields.iter_mut().find(|entry| is_named(entry, field)) {
            Some(entry) => {
                entry.insert("value".to_owned(), value.into());
            }
            None => tracing::warn!(field, "a hook set the value of a field that the form does not have"),
        }
    }

    fn find(&self, field: &str) -> Option<&Map<String, Value>> {
        self.fields.iter().find(|entry| is_named(entry, field))
    }
}

fn is_named(entry: &Map<String, Value>, field: &str) -> bool {
    entry.get("field").and_then(Value::as_str) == Some(field)
}

#[derive(Serialize)]
struct HookAnswer {
    fields: Vec<Map<String, Value>>,
    layout: [(); 0],
}

/// Runs the hook that the request calls for; without one the form stays as it is.
pub(super) async fn run_hook(
    action: &'static ActionDescriptor,
    kind: HookKind,
    call: ActionCall,
) -> Result<HttpResponse, ActionError> {
    let form = CallContext::read(&call.req, |context| {
        context
            .form
            .clone()
            .ok_or_else(|| ActionError::internal("a hook request without a form"))
    })?;
    let hook = match kind {
        HookKind::Load => action.load,
        // the field is chosen by what the request says has changed, not by comparing values (FRM-06)
        HookKind::Change => {
            let changed = form
                .changed_field
                .as_deref()
                .and_then(|name| form.find(name).map(|_| name));
            changed
                .and_then(|name| action.change.iter().find(|(field, _)| *field == name))
                .map(|(_, hook)| *hook)
        }
    };
    let form = match hook {
        Some(hook) => hook(call).await?,
        None => form,
    };
    let body = serde_json::to_vec(&HookAnswer {
        fields: form.fields,
        layout: [],
    })
    .map_err(ActionError::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(body))
}

/// An async function that can be a hook: up to twelve extractors in, a [`HookResult`] out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a hook of a smart action",
    label = "not a hook",
    note = "a hook is an `async fn` whose arguments are extractors, among them `FormState`, and that returns `HookResult`"
)]
pub trait HookHandler<M>: 'static {
    /// Extracts the arguments and runs the hook.
    fn run(self, call: ActionCall) -> LocalBoxFuture<'static, HookResult>;
}

/// Runs a hook.
#[doc(hidden)]
pub fn hook<F: HookHandler<M>, M>(call: ActionCall, run: F) -> LocalBoxFuture<'static, HookResult> {
    run.run(call)
}

macro_rules! hook_handlers {
    ($($(($arg:ident $type:ident $marker:ident))*;)*) => {$(
        impl<F, Fut, $($type, $marker),*> HookHandler<($(($type, $marker),)*)> for F
        where
            F: FnOnce($($type),*) -> Fut + 'static,
            Fut: Future<Output = HookResult> + 'static,
            $($type: ActionArg<$marker> + 'static,)*
        {
            fn run(self, call: ActionCall) -> LocalBoxFuture<'static, HookResult> {
                Box::pin(async move {
                    $(let $arg = $type::from_call(&call).await?;)*
                    drop(call);
                    self($($arg),*).await
                })
            }
        }
    )*};
}

hook_handlers! {
    ;
    (a A AM);
    (a A AM) (b B BM);
    (a A AM) (b B BM) (c C CM);
    (a A AM) (b B BM) (c C CM) (d D DM);
    (a A AM) (b B BM) (c C CM) (d D DM) (e E EM);
    (a A AM) (b B BM) (c C CM) (d D DM) (e E EM) (f G GM);
    (a A AM) (b B BM) (c C CM) (d D DM) (e E EM) (f G GM) (g H HM);
    (a A AM) (b B BM) (c C CM) (d D DM) (e E EM) (f G GM) (g H HM) (h I IM);
}
