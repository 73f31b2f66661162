//! Turns a handler of up to twelve extractors into one uniform function pointer.
//!
//! Everything generic here is generic over types that handlers share (arguments and results), never over the handler,
//! so that a thousand actions do not compile to a thousand copies. Trait bounds stand only on [`extract`], the readers
//! of [`Argument`] and [`answer`], which the attribute spells with the user's own types: the compiler reports a type
//! that does not fit there.

use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::{FromRequest, web};
use bytes::Bytes;
use futures_util::future::{LocalBoxFuture, TryFutureExt as _};
use futures_util::stream::{self, Stream};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::form::Form;
use super::reading::Reading;
use crate::call::ActionCall;
use crate::declare::{Invocation, KeyCheck, Need};
use crate::form::ActionForm;
use crate::records::{RecordKey, Records};
use crate::request::{RecordId, RecordIds};
use crate::response::{ActionError, ActionResponse, ErrorKind, IntoActionResponse, IntoChart, Members};

/// The type that actix-web requires of a body that does not come from a socket.
type BoxedPayloadStream = Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>;

/// An argument of a handler: any actix-web extractor.
///
/// Arguments are extracted in order, each from a fresh reader over the same body, so extractors that
/// read it (such as `web::Json`) work in any position. `M` is inferred and never written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an argument that a smart action can take",
    label = "not an extractor",
    note = "arguments are extractors: `RecordId<K>`, `RecordIds<K>`, `Selection`, `Records<T>`, `Form<T>`, `Validated<T>`, `Values`, `Caller`, `ActionRequest`, `web::Data<T>` for state such as a pool, `HttpRequest`, or any type that implements `actix_web::FromRequest`"
)]
pub trait ActionArg<M>: Sized {
    /// Reads the argument from a call.
    #[doc(hidden)]
    fn from_call(call: &ActionCall) -> Reading<Self>;
}

/// Marks the implementation for actix-web extractors.
#[derive(Debug)]
pub struct ViaExtractor;

/// Marks the second implementation, without which the compiler would name `FromRequest` instead of
/// [`ActionArg`] when a type is neither.
#[derive(Debug)]
pub struct ViaNothing;

/// Implemented by nothing.
pub trait NoType {}

impl<T: FromRequest + 'static> ActionArg<ViaExtractor> for T {
    fn from_call(call: &ActionCall) -> Reading<Self> {
        if let Some(reading) = own_reading(call) {
            return reading;
        }
        let body = call.body.clone();
        let reader: BoxedPayloadStream = Box::pin(stream::once(std::future::ready(Ok(body))));
        let mut payload = Payload::from(reader);
        Reading::later(T::from_request(&call.req, &mut payload).map_err(|error| of_extractor::<T>(&error.into())))
    }
}

impl<T: NoType + 'static> ActionArg<ViaNothing> for T {
    fn from_call(_: &ActionCall) -> Reading<Self> {
        Err(ActionError::internal("this type cannot be extracted")).into()
    }
}

/// The reading of an extractor of this crate: these give a [`Reading`] and never look at the body, so neither a payload
/// nor a future is allocated. The comparison is made at compile time.
fn own_reading<T: FromRequest + 'static>(call: &ActionCall) -> Option<Reading<T>> {
    if TypeId::of::<T::Future>() != TypeId::of::<Reading<T>>() {
        return None;
    }
    let mut reading = Some(T::from_request(&call.req, &mut Payload::None));
    let own: &mut dyn Any = &mut reading;
    own.downcast_mut::<Option<Reading<T>>>()?.take()
}

/// Converts the error of an extractor: an [`ActionError`] is kept, a client error keeps its status and text, anything else
/// is an internal error.
fn of_extractor<T>(error: &actix_web::Error) -> ActionError {
    if let Some(own) = error.as_error::<ActionError>() {
        return own.clone();
    }
    let status = error.as_response_error().status_code();
    let kind = match status.as_u16() {
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        409 => ErrorKind::Conflict,
        413 => ErrorKind::PayloadTooLarge,
        415 => ErrorKind::UnsupportedMediaType,
        422 => ErrorKind::Unprocessable,
        429 => ErrorKind::TooManyRequests,
        400..=499 => ErrorKind::BadRequest,
        _ => return ActionError::internal(failed(type_name::<T>(), error)),
    };
    ActionError::refusal(Members::Both, kind, kind.name(), error.to_string(), None)
}

/// The cause of an extractor that failed. That of actix-web names neither the type of the state nor how to register it.
fn failed(extractor: &str, error: &actix_web::Error) -> String {
    let state = extractor
        .strip_prefix("actix_web::data::Data<")
        .and_then(|rest| rest.strip_suffix('>'));
    match state {
        Some(state) => format!(
            "no `web::Data<{state}>` is registered: write `.app_data(web::Data::new(…))` with a value of exactly this type on the \
             application, or on a scope around `forest.routes()`"
        ),
        None => format!("the extractor `{extractor}` failed: {error}"),
    }
}

/// The reader of an argument type.
#[doc(hidden)]
pub struct Extract<A> {
    read: fn(&ActionCall) -> Reading<A>,
    need: Need,
}

impl<A> Extract<A> {
    const fn needing(mut self, need: Need) -> Self {
        self.need = need;
        self
    }

    /// Reads the argument at this position; an unexpected error then names the argument.
    async fn at(self, position: usize, call: &ActionCall) -> Result<A, ActionError> {
        (self.read)(call).await.map_err(|error| error.reading_at(position))
    }
}

impl<A> fmt::Debug for Extract<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extract")
            .field("need", &self.need)
            .finish_non_exhaustive()
    }
}

/// The reader of an argument type.
#[doc(hidden)]
#[must_use]
pub const fn extract<A: ActionArg<M>, M>() -> Extract<A> {
    Extract {
        read: <A as ActionArg<M>>::from_call,
        need: Need::Nothing,
    }
}

/// An argument type that has a parameter of its own, such as the key in `RecordId<K>`.
///
/// Generated code calls `<Argument<RecordId<K>>>::reader::<K>()`. The compiler prefers an inherent `reader` to the one
/// of [`AnyArgument`], and the inherent ones have bounds on the parameter alone: the error then says that `f64` is not a
/// key, and points at the `f64`, instead of that `RecordId<f64>` is not an extractor. A type of the same name from
/// another crate gets the `reader` of the trait.
#[doc(hidden)]
#[derive(Debug)]
pub struct Argument<A>(PhantomData<A>);

/// The reader of every other type.
#[doc(hidden)]
pub trait AnyArgument<A, M> {
    /// The reader; `P` is the written parameter, which is not needed here.
    #[must_use]
    fn reader<P>() -> Extract<A>
    where
        A: ActionArg<M>,
    {
        extract()
    }
}

impl<A, M> AnyArgument<A, M> for Argument<A> {}

impl<K> Argument<RecordId<K>> {
    /// The reader; `P` is the parameter as written, which is `K` or an alias of it.
    #[must_use]
    pub fn reader<P: WrittenKey<K>>() -> Extract<RecordId<K>> {
        P::record_id()
    }
}

impl<K> Argument<RecordIds<K>> {
    /// The reader; `P` is the parameter as written, which is `K` or an alias of it.
    #[must_use]
    pub fn reader<P: WrittenKey<K>>() -> Extract<RecordIds<K>> {
        P::record_ids()
    }
}

impl<T> Argument<Records<T>> {
    /// The reader; `P` is the parameter as written, which is `T` or an alias of it.
    #[must_use]
    pub fn reader<P: WrittenBody<T>>() -> Extract<Records<T>> {
        P::records()
    }
}

impl<T> Argument<web::Json<T>> {
    /// The reader; `P` is the parameter as written, which is `T` or an alias of it.
    #[must_use]
    pub fn reader<P: WrittenBody<T>>() -> Extract<web::Json<T>> {
        P::json()
    }
}

impl<T> Argument<web::Query<T>> {
    /// The reader; `P` is the parameter as written, which is `T` or an alias of it.
    #[must_use]
    pub fn reader<P: WrittenBody<T>>() -> Extract<web::Query<T>> {
        P::query()
    }
}

impl<T> Argument<Form<T>> {
    /// The reader; `P` is the parameter as written, which is `T` or an alias of it.
    #[must_use]
    pub fn reader<P: WrittenForm<T>>() -> Extract<Form<T>> {
        P::form()
    }
}

/// The written form type `T`. Bounded by [`ActionForm`] like the declaration of the form, so that the compiler reports a
/// type that is not a form once.
#[doc(hidden)]
pub trait WrittenForm<T>: ActionForm {
    /// The reader of a submitted form.
    fn form() -> Extract<Form<T>>;
}

impl<P: ActionForm, T: ActionForm> WrittenForm<T> for P {
    fn form() -> Extract<Form<T>> {
        extract()
    }
}

/// The written key type `K`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the type of a record's key",
    label = "not a key type",
    note = "keys are integers, `String`, `uuid::Uuid`, `chrono::NaiveDate`, `bool`, or a tuple of two to six of these for a composite key",
    note = "for a type of your own, implement `forest_actions::KeyPart`"
)]
pub trait WrittenKey<K> {
    /// The reader of one id.
    fn record_id() -> Extract<RecordId<K>>;
    /// The reader of several.
    fn record_ids() -> Extract<RecordIds<K>>;
}

#[diagnostic::do_not_recommend]
impl<P, K: RecordKey> WrittenKey<K> for P {
    fn record_id() -> Extract<RecordId<K>> {
        extract().needing(Need::Keys(KeyCheck::of::<K>()))
    }

    fn record_ids() -> Extract<RecordIds<K>> {
        extract().needing(Need::Keys(KeyCheck::of::<K>()))
    }
}

/// The written type `T` that serde reads.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a request",
    label = "does not implement `serde::Deserialize`",
    note = "derive it: `#[derive(serde::Deserialize)]`"
)]
pub trait WrittenBody<T> {
    /// The reader of a JSON body.
    fn json() -> Extract<web::Json<T>>;
    /// The reader of the selected records.
    fn records() -> Extract<Records<T>>;
    /// The reader of a query.
    fn query() -> Extract<web::Query<T>>;
}

#[diagnostic::do_not_recommend]
impl<P, T: DeserializeOwned + 'static> WrittenBody<T> for P {
    fn json() -> Extract<web::Json<T>> {
        extract()
    }

    fn records() -> Extract<Records<T>> {
        extract().needing(Need::Records)
    }

    fn query() -> Extract<web::Query<T>> {
        extract()
    }
}

/// The conversion of a result type into an answer.
#[doc(hidden)]
pub struct Answer<R, O = ActionResponse> {
    respond: fn(R) -> Result<O, ActionError>,
    /// `true` for a file.
    pub is_file: bool,
    /// The type of a chart.
    pub chart_type: Option<&'static str>,
}

impl<R, O> Clone for Answer<R, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, O> Copy for Answer<R, O> {}

impl<R, O> fmt::Debug for Answer<R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("is_file", &self.is_file)
            .finish_non_exhaustive()
    }
}

/// The [`Answer`] of a result type.
#[doc(hidden)]
#[must_use]
pub const fn answer<R: IntoActionResponse<M>, M>() -> Answer<R> {
    Answer {
        respond: R::into_action_response,
        is_file: R::IS_FILE,
        chart_type: None,
    }
}

/// The [`Answer`] of the function of a chart.
#[doc(hidden)]
#[must_use]
pub const fn chart<R: IntoChart>() -> Answer<R, Value> {
    Answer {
        respond: R::into_chart,
        is_file: false,
        chart_type: R::TYPE,
    }
}

/// Calls handlers of up to twelve arguments.
#[doc(hidden)]
pub(crate) mod invoke {
    use super::{ActionError, Answer, Extract, Invocation, LocalBoxFuture};

    macro_rules! invoke {
        ($($name:ident($($position:literal $arg:ident: $type:ident),*);)*) => {$(
            #[allow(clippy::too_many_arguments, reason = "a handler may have twelve")]
            #[must_use]
            pub fn $name<$($type: 'static,)* R: 'static, O: 'static>(
                invocation: Invocation,
                $($arg: Extract<$type>,)*
                answer: Answer<R, O>,
                run: fn($($type),*) -> LocalBoxFuture<'static, R>,
            ) -> LocalBoxFuture<'static, Result<O, ActionError>> {
                let call = match invocation {
                    Invocation::Call(call) => call,
                    Invocation::Needs(needs) => return needs.answer([$($arg.need),*].into()),
                };
                Box::pin(async move {
                    $(let $arg = $arg.at($position, &call).await?;)*
                    // the request goes back to actix's pool while the handler runs
                    drop(call);
                    (answer.respond)(run($($arg),*).await)
                })
            }
        )*};
    }

    invoke! {
        invoke0();
        invoke1(0 a: A);
        invoke2(0 a: A, 1 b: B);
        invoke3(0 a: A, 1 b: B, 2 c: C);
        invoke4(0 a: A, 1 b: B, 2 c: C, 3 d: D);
        invoke5(0 a: A, 1 b: B, 2 c: C, 3 d: D, 4 e: E);
        invoke6(0 a: A, 1 b: B, 2 c: C, 3 d: D, 4 e: E, 5 f: F);
        invoke7(0 a: A, 1 b: B, 2 c: C, 3 d: D, 4 e: E, 5 f: F, 6 g: G);
        invoke8(0 a: A, 1 b: B, 2 c: C, 3 d: D, 4 e: E, 5 f: F, 6 g: G, 7 h: H);
        invoke9(0 a: A, 1 b: B, 2 c: C, 3 d: D, 4 e: E, 5 f: F, 6 g: G, 7 h: H, 8 i: I);
        invoke10(0 a: A, 1 b: B, 2 c: C, 3 d: D, 4 e: E, 5 f: F, 6 g: G, 7 h: H, 8 i: I, 9 j: J);
        invoke11(0 a: A, 1 b: B, 2 c: C, 3 d: D, 4 e: E, 5 f: F, 6 g: G, 7 h: H, 8 i: I, 9 j: J, 10 k: K);
        invoke12(0 a: A, 1 b: B, 2 c: C, 3 d: D, 4 e: E, 5 f: F, 6 g: G, 7 h: H, 8 i: I, 9 j: J, 10 k: K, 11 l: L);
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::caller::Caller;

    /// An extractor that is built on one of this crate.
    struct Team;

    impl FromRequest for Team {
        type Error = ActionError;
        type Future = LocalBoxFuture<'static, Result<Self, ActionError>>;

        fn from_request(req: &actix_web::HttpRequest, payload: &mut Payload) -> Self::Future {
            let caller = Caller::from_request(req, payload);
            Box::pin(async move { caller.await.map(|_| Self) })
        }
    }

    #[test]
    fn extractors_of_this_crate_are_read_without_a_payload() {
        let call = ActionCall {
            req: TestRequest::default().to_http_request(),
            body: Bytes::new(),
        };
        assert!(own_reading::<Caller>(&call).is_some());
        assert!(own_reading::<Records<serde_json::Value>>(&call).is_some());
        assert!(own_reading::<RecordId<i64>>(&call).is_some());
        assert!(own_reading::<web::Json<i64>>(&call).is_none());
        assert!(own_reading::<Team>(&call).is_none());
    }
}
