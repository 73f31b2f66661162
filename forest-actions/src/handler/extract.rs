//! The extractors of this crate as actix-web extractors, so that a team's own extractor can build on them.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{Either, LocalBoxFuture};
use serde::de::DeserializeOwned;

use super::context::CallContext;
use super::form::Form;
use crate::caller::Caller;
use crate::form::{ActionForm, FormState};
use crate::records::{RecordKey, Records, Selection};
use crate::request::{ActionRequest, RecordId, RecordIds, Values};
use crate::response::ActionError;

macro_rules! from_context {
    ($([$($generics:tt)*] $type:ty: $read:expr;)*) => {$(
        impl<$($generics)*> FromRequest for $type {
            type Error = ActionError;
            type Future = Ready<Result<Self, ActionError>>;

            fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
                ready(CallContext::read(req, $read))
            }
        }
    )*};
}

from_context! {
    [] Caller: |context| Ok(context.caller.clone());
    [] ActionRequest: |context| Ok(context.request.clone());
    [] Values: |context| context.request.values();
    [T: ActionForm] Form<T>: |context| context.request.form().map(Form);
    [T: 'static] FormState<T>: |context| match &context.form {
        Some(form) => Ok(form.clone_as()),
        None => Err(ActionError::internal("`FormState` only exists in hooks")),
    };
    [] Selection: |context| Ok(context.selection.clone());
    [T: DeserializeOwned + 'static] Records<T>: |context| Ok(Records::new(context.selection.clone()));
}

/// Extractors that have to read the ids of "select all", and nothing else.
macro_rules! from_selection {
    ($($type:ident),*) => {$(
        impl<K: RecordKey> FromRequest for $type<K> {
            type Error = ActionError;
            type Future = Either<Ready<Result<Self, ActionError>>, LocalBoxFuture<'static, Result<Self, ActionError>>>;

            fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
                let selection = match CallContext::read(req, |context| Ok(context.selection.clone())) {
                    Ok(selection) => selection,
                    Err(error) => return Either::Left(ready(Err(error))),
                };
                match $type::given(&selection) {
                    Some(known) => Either::Left(ready(known)),
                    None => Either::Right(Box::pin(async move { $type::of(&selection).await })),
                }
            }
        }
    )*};
}

from_selection!(RecordId, RecordIds);
