//! The traits that turn an async function into a hook.

use std::future::Future;
use std::marker::PhantomData;

use futures_util::future::LocalBoxFuture;

use super::args::ActionArg;
use crate::call::ActionCall;
use crate::form::{ActionForm, FormState, Untyped};
use crate::response::{ActionError, IntoActionError};

/// The result of a hook: the form to show.
pub type HookResult<T = Untyped> = Result<FormState<T>, ActionError>;

/// An async function that can be a hook: up to twelve extractors in, a [`HookResult`] out.
///
/// `Args` is the tuple of its arguments. Arguments and result have traits of their own, so that the compiler names the one
/// that does not fit.
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

/// The future of a hook. `O` is inferred and never written.
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
    /// The form of the hook.
    type Form;

    /// The result itself, without the form's type.
    ///
    /// # Errors
    /// The error with which the hook ended.
    fn into_hook_result(self) -> HookResult;
}

/// The form `T` of an action, or [`Untyped`] for any. `V` is inferred and never written.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this hook belongs to the form `{Self}`, and is used for the form `{T}`",
    label = "a hook of another form",
    note = "a hook takes and returns the state of the form that it belongs to: `FormState<{T}>`; one without a type, `FormState`, is for any form"
)]
pub trait FormOf<T, V> {}

/// Marks the form itself.
#[derive(Debug)]
pub struct ViaForm;

/// Marks [`Untyped`].
#[derive(Debug)]
pub struct ViaUntyped;

impl<T: ActionForm> FormOf<T, ViaForm> for T {}
impl<T: ActionForm> FormOf<T, ViaUntyped> for Untyped {}

impl<T, E: IntoActionError<X>, X> HookOutput<X> for Result<FormState<T>, E> {
    type Form = T;

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
        let name = std::any::type_name::<F>();
        let args = A::from_call(call).await.map_err(|error| error.reading_for(name))?;
        run.call(args).boxed().await.into_hook_result()
    })
}

/// The hooks of the form `T`.
#[doc(hidden)]
#[derive(Debug)]
pub struct HookOf<T>(PhantomData<T>);

impl<T> HookOf<T> {
    /// Runs a hook.
    pub fn run<F, A, M, O, X, V>(call: ActionCall, run: F) -> LocalBoxFuture<'static, HookResult>
    where
        F: HookHandler<A>,
        A: HookArgs<M>,
        F::Future: HookFuture<O>,
        O: HookOutput<X> + 'static,
        O::Form: FormOf<T, V>,
    {
        hook(call, run)
    }
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
