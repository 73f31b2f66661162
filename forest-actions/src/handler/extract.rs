//! The extractors of this crate, as actix-web extractors, so that an extractor of a user can build on them.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use super::context::CallContext;
use super::form::Form;
use super::reading::Reading;
use super::run::Run;
use super::trail::Trail;
use crate::caller::Caller;
use crate::form::{ActionForm, FormState};
use crate::records::{RecordKey, Records, Selection};
use crate::request::{ActionRequest, RecordId, RecordIds, RequestError, Values};
use crate::response::ActionError;

macro_rules! extractors {
    ($([$($generics:tt)*] $type:ty: $read:expr;)*) => {$(
        impl<$($generics)*> FromRequest for $type {
            type Error = ActionError;
            type Future = Reading<Self>;

            fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
                CallContext::reading(req, $read)
            }
        }
    )*};
}

extractors! {
    [] Caller: |context| Ok(context.caller.clone()).into();
    [] ActionRequest: |context| context.request().cloned().into();
    [] Values: |context| context.request().and_then(|request| Ok(request.values()?)).into();
    [] Trail: |context| Ok(Trail(context.recorder.clone())).into();
    [] Run: |context| context.request().map(|request| Run::new(context.pacer.as_ref(), request.correlation_id())).into();
    [] Selection: |context| selected(context, |selection| Some(Ok(selection.clone())), async |selection| Ok(selection.clone()));
    [T: DeserializeOwned + 'static] Records<T>: |context| selected(
        context,
        |selection| Some(Ok(Records::new(selection.clone()))),
        async |selection| Ok(Records::new(selection.clone())),
    );
    [T: ActionForm] Form<T>: |context| context.request().and_then(|request| Ok(Form(request.form()?))).into();
    [T: 'static] FormState<T>: |context| {
        let form = context.form.as_ref().map(FormState::clone_as);
        form.ok_or_else(|| ActionError::internal("`FormState` only exists in hooks")).into()
    };
    [K: RecordKey] RecordId<K>: |context| selected(context, RecordId::given, RecordId::of);
    [K: RecordKey] RecordIds<K>: |context| selected(context, RecordIds::given, RecordIds::of);
}

/// Reads an argument of the selected records: `at_once` without waiting, or `later` when the records have to be read.
fn selected<A: 'static>(
    context: &CallContext,
    at_once: impl FnOnce(&Selection) -> Option<Result<A, RequestError>>,
    later: impl AsyncFnOnce(&Selection) -> Result<A, RequestError> + 'static,
) -> Reading<A> {
    if let Some(selection) = context.requested.selection()
        && let Some(argument) = at_once(selection)
    {
        return argument.map_err(ActionError::from).into();
    }
    let requested = context.requested.clone();
    Reading::later(async move { Ok(later(requested.resolve().await?).await?) })
}
