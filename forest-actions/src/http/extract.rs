//! The extractors of this crate as actix-web extractors, so that a team's own extractor can build on them.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::context::CallContext;
use super::form::Form;
use crate::form::{ActionForm, FormState};
use crate::request::{ActionRequest, Caller, RecordId, RecordIds, RecordKey, Values};
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
    [K: RecordKey] RecordId<K>: |context| RecordId::of(&context.request);
    [K: RecordKey] RecordIds<K>: |context| RecordIds::of(&context.request);
}
