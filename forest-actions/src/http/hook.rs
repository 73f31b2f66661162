//! Form hooks: the functions that run when a form opens, when a field changes, and while the user types in one.
//!
//! A hook starts from the declared form (load) or from the fields as the browser has them, edits its own copy, and
//! gives it back (FRM-01). An action without a hook answers the same routes with the form unchanged (FRM-04). A
//! failure is answered as `500 {"message": …}` (protocol: hooks, errors).

use std::future::Future;

use actix_web::HttpResponse;
use actix_web::http::header;
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use serde_json::Value;

use super::args::{ActionArg, ActionCall};
use super::context::CallContext;
use crate::declare::{ActionDescriptor, HookKind};
use crate::form::{FieldState, FormState, Untyped};
use crate::request::Attributes;
use crate::response::{ActionError, ErrorKind, IntoActionError};

/// What a hook returns: the form, as it shall be shown.
pub type HookResult<T = Untyped> = Result<FormState<T>, ActionError>;

/// A hook after its arguments have been made uniform.
pub type HookFn = fn(ActionCall) -> LocalBoxFuture<'static, Result<FormState, ActionError>>;

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
        let form = FormState::opened(specs, action.change, layout)?;
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
pub trait HookOutput<X> {
    /// The result itself, without the form's type.
    ///
    /// # Errors
    /// The error with which the hook ended.
    fn into_hook_result(self) -> HookResult;
}

impl<T, E: IntoActionError<X>, X> HookOutput<X> for Result<FormState<T>, E> {
    fn into_hook_result(self) -> HookResult {
        self.map(FormState::untyped).map_err(IntoActionError::into_action_error)
    }
}

/// Runs a hook.
#[doc(hidden)]
pub fn hook<F, A, M, O, X>(call: ActionCall, run: F) -> LocalBoxFuture<'static, HookResult>
where
    F: HookHandler<A>,
    A: HookArgs<M>,
    F::Future: HookFuture<O>,
    O: HookOutput<X> + 'static,
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
