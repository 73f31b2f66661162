//! The extractors of this crate, as actix-web extractors, so that an extractor of a user can build on them.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use super::context::CallContext;
use super::form::Form;
use super::reading::Reading;
use crate::caller::Caller;
use crate::form::{ActionForm, FormState};
use crate::records::{RecordKey, Records, Selection};
use crate::request::{ActionRequest, RecordId, RecordIds, Values};
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
    [] ActionRequest: |context| Ok(context.request.clone()).into();
    [] Values: |context| context.request.values().map_err(ActionError::from).into();
    [] Selection: |context| Ok(context.selection.clone()).into();
    [T: DeserializeOwned + 'static] Records<T>: |context| Ok(Records::new(context.selection.clone())).into();
    [T: ActionForm] Form<T>: |context| context.request.form().map(Form).map_err(ActionError::from).into();
    [T: 'static] FormState<T>: |context| {
        let form = context.form.as_ref().map(FormState::clone_as);
        form.ok_or_else(|| ActionError::internal("`FormState` only exists in hooks")).into()
    };
    [K: RecordKey] RecordId<K>: |context| match RecordId::given(&context.selection) {
        Some(id) => id.map_err(ActionError::from).into(),
        None => {
            let selection = context.selection.clone();
            Reading::later(async move { Ok(RecordId::of(&selection).await?) })
        }
    };
    [K: RecordKey] RecordIds<K>: |context| match RecordIds::given(&context.selection) {
        Some(ids) => ids.map_err(ActionError::from).into(),
        None => {
            let selection = context.selection.clone();
            Reading::later(async move { Ok(RecordIds::of(&selection).await?) })
        }
    };
}
