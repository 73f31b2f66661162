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
///
/// `Args` is the tuple of its arguments. What the arguments and the result have to be stands in traits of
/// their own, so that the compiler names the one that does not fit.
#[diagnostic::on_unimplemented(
    message = "this is not a hook of a smart action",
    label = "not a hook",
    note = "a hook is an `async fn` that takes up to twelve extractors, `FormState` among them, and returns `HookResult`"
)]
pub trait HookHandler<Args>: 'static {
    /// The future of the hook.
    type Future;

    /// Calls the hook.
    fn call(self, args: Args) -> Self::Future;
}

/// The arguments of a hook: a tuple of extractors. `M` is inferred and never written.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not arguments that a hook of a smart action can take",
    label = "takes something that is not an extractor",
    note = "arguments are extractors: `FormState`, `RecordId<K>`, `RecordIds<K>`, `Values`, `Caller`, `ActionRequest`, `web::Data<T>`, `HttpRequest`, or any type that implements `actix_web::FromRequest`"
)]
pub trait HookArgs<M>: Sized + 'static {
    /// Reads all of them from a call, one after the other.
    fn from_call(call: ActionCall) -> LocalBoxFuture<'static, Result<Self, ActionError>>;
}

/// What calling a hook gives. `O` is inferred and never written.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a hook of a smart action returns",
    label = "not an `async fn`",
    note = "a hook is an `async fn` that returns `HookResult`"
)]
pub trait HookFuture<O>: 'static {
    /// The future itself.
    fn boxed(self) -> LocalBoxFuture<'static, O>;
}

#[diagnostic::do_not_recommend]
impl<F: Future + 'static> HookFuture<F::Output> for F {
    fn boxed(self) -> LocalBoxFuture<'static, F::Output> {
        Box::pin(self)
    }
}

/// The output of a hook's future: a [`HookResult`].
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a hook of a smart action returns",
    label = "does not return `HookResult`",
    note = "a hook gives back the form: `async fn prefill(form: FormState) -> HookResult`"
)]
pub trait HookOutput {
    /// The result itself.
    ///
    /// # Errors
    /// The error with which the hook ended.
    fn into_hook_result(self) -> HookResult;
}

impl HookOutput for HookResult {
    fn into_hook_result(self) -> HookResult {
        self
    }
}

/// Runs a hook.
#[doc(hidden)]
pub fn hook<F, A, M, O>(call: ActionCall, run: F) -> LocalBoxFuture<'static, HookResult>
where
    F: HookHandler<A>,
    A: HookArgs<M>,
    F::Future: HookFuture<O>,
    O: HookOutput + 'static,
{
    Box::pin(async move {
        let args = A::from_call(call).await?;
        run.call(args).boxed().await.into_hook_result()
    })
}

macro_rules! hook_handlers {
    ($($(($arg:ident $type:ident $marker:ident))*;)*) => {$(
        impl<F, Fut, $($type),*> HookHandler<($($type,)*)> for F
        where
            F: FnOnce($($type),*) -> Fut + 'static,
        {
            type Future = Fut;

            fn call(self, ($($arg,)*): ($($type,)*)) -> Fut {
                self($($arg),*)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($type: ActionArg<$marker> + 'static, $marker),*> HookArgs<($($marker,)*)> for ($($type,)*) {
            fn from_call(call: ActionCall) -> LocalBoxFuture<'static, Result<Self, ActionError>> {
                Box::pin(async move {
                    $(let $arg = $type::from_call(&call).await?;)*
                    // the request goes back to actix's pool while the hook runs
                    drop(call);
                    Ok(($($arg,)*))
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
    (a A AM) (b B BM) (c C CM) (d D DM) (e E EM) (f G GM) (g H HM) (h I IM) (i J JM);
    (a A AM) (b B BM) (c C CM) (d D DM) (e E EM) (f G GM) (g H HM) (h I IM) (i J JM) (j K KM);
    (a A AM) (b B BM) (c C CM) (d D DM) (e E EM) (f G GM) (g H HM) (h I IM) (i J JM) (j K KM) (k L LM);
    (a A AM) (b B BM) (c C CM) (d D DM) (e E EM) (f G GM) (g H HM) (h I IM) (i J JM) (j K KM) (k L LM) (l N NM);
}
