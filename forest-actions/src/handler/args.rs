//! The seam between a descriptor and a handler: any function of up to twelve extractors becomes one
//! uniform function pointer.
//!
//! Everything here that is generic is generic over types that handlers share (argument and result types),
//! never over the handler itself, so that a thousand actions do not mean a thousand copies. Trait bounds stand
//! only on [`extract`], the readers of [`Argument`] and [`answer`], which the attribute spells with the user's own
//! types: that is where the compiler reports a type that does not fit.

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::{FromRequest, web};
use bytes::Bytes;
use futures_util::future::{FutureExt as _, LocalBoxFuture, TryFutureExt as _};
use futures_util::stream::{self, Stream};
use serde::de::DeserializeOwned;

use super::context::CallContext;
use super::form::Form;
use crate::call::ActionCall;
use crate::caller::Caller;
use crate::form::ActionForm;
use crate::records::{RecordKey, Records, Selection};
use crate::request::{ActionRequest, RecordId, RecordIds, Values};
use crate::response::{ActionError, ActionResponse, ErrorKind, IntoActionResponse};

/// The form in which actix takes a body from elsewhere than its socket.
type BoxedPayloadStream = Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>;

/// What a handler may take: every actix-web extractor, this crate's and everybody else's.
///
/// Arguments are extracted in order, each from a fresh reader over the same body, so extractors that
/// read it (such as `web::Json`) work in any position. `M` is inferred and never written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an argument that a smart action can take",
    label = "not an extractor",
    note = "arguments are extractors: `RecordId<K>`, `RecordIds<K>`, `Form<T>`, `Values`, `Caller`, `ActionRequest`, `web::Data<T>`, `HttpRequest`, or any type that implements `actix_web::FromRequest`"
)]
pub trait ActionArg<M>: Sized {
    /// Reads the argument from a call.
    fn from_call(call: &ActionCall) -> LocalBoxFuture<'static, Result<Self, ActionError>>;

    /// The same, without a future where there is nothing to wait for.
    #[doc(hidden)]
    fn extracted(call: &ActionCall) -> Extracted<Self> {
        Extracted::Later(Self::from_call(call))
    }
}

/// An argument that is there, or still being read.
#[doc(hidden)]
pub enum Extracted<A> {
    Now(Result<A, ActionError>),
    Later(LocalBoxFuture<'static, Result<A, ActionError>>),
}

impl<A> Extracted<A> {
    /// The argument, once it is there.
    async fn get(self) -> Result<A, ActionError> {
        match self {
            Self::Now(argument) => argument,
            Self::Later(reading) => reading.await,
        }
    }
}

impl<A> fmt::Debug for Extracted<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Now(_) => "Now",
            Self::Later(_) => "Later",
        })
    }
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
    fn from_call(call: &ActionCall) -> LocalBoxFuture<'static, Result<Self, ActionError>> {
        let body = call.body.clone();
        let reader: BoxedPayloadStream = Box::pin(stream::once(std::future::ready(Ok(body))));
        let mut payload = Payload::from(reader);
        Box::pin(T::from_request(&call.req, &mut payload).map_err(|error| of_extractor(&error.into())))
    }

    fn extracted(call: &ActionCall) -> Extracted<Self> {
        // decided when the program is compiled
        if never_reads_the_body::<T>() {
            at_once(call)
        } else {
            Extracted::Later(T::from_call(call))
        }
    }
}

impl<T: NoType + 'static> ActionArg<ViaNothing> for T {
    fn from_call(_: &ActionCall) -> LocalBoxFuture<'static, Result<Self, ActionError>> {
        Box::pin(std::future::ready(Err(ActionError::internal(
            "this type cannot be extracted",
        ))))
    }
}

/// Whether this is one of the extractors of this crate that have no type parameter: they read what the pipeline knows.
fn never_reads_the_body<T: 'static>() -> bool {
    [
        TypeId::of::<Values>(),
        TypeId::of::<Caller>(),
        TypeId::of::<ActionRequest>(),
        TypeId::of::<Selection>(),
    ]
    .contains(&TypeId::of::<T>())
}

/// Reads an argument that does not look at the body, and so is there at once.
fn at_once<T: FromRequest + 'static>(call: &ActionCall) -> Extracted<T> {
    match T::from_request(&call.req, &mut Payload::None).now_or_never() {
        Some(argument) => Extracted::Now(argument.map_err(|error| of_extractor(&error.into()))),
        None => Extracted::Later(T::from_call(call)),
    }
}

/// Reads an argument that is there when ids were given, and has to be read when "select all" was sent.
fn of_selection<T, F: Future<Output = Result<T, ActionError>> + 'static>(
    call: &ActionCall,
    given: fn(&Selection) -> Option<Result<T, ActionError>>,
    read: fn(Selection) -> F,
) -> Extracted<T> {
    match CallContext::read(&call.req, |context| Ok(context.selection.clone())) {
        Err(error) => Extracted::Now(Err(error)),
        Ok(selection) => match given(&selection) {
            Some(known) => Extracted::Now(known),
            None => Extracted::Later(Box::pin(read(selection))),
        },
    }
}

/// An extractor's error in the shape of this crate: our own as it is, a client error of another with its
/// text, anything else as unexpected.
fn of_extractor(error: &actix_web::Error) -> ActionError {
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
        _ => return ActionError::internal(format!("an extractor failed: {error}")),
    };
    ActionError::refused(kind, error.to_string())
}

/// Reads one argument.
#[doc(hidden)]
pub type Extract<A> = fn(&ActionCall) -> Extracted<A>;

/// The reader of an argument type.
#[doc(hidden)]
#[must_use]
pub const fn extract<A: ActionArg<M>, M>() -> Extract<A> {
    <A as ActionArg<M>>::extracted
}

/// An argument type that has a parameter of its own, such as the key in `RecordId<K>`.
///
/// Generated code asks it for its reader as `<Argument<RecordId<K>>>::reader::<K>()`. The compiler takes an
/// inherent `reader` before the one of [`AnyArgument`], and the inherent ones only ask for something of the
/// parameter: it then says that `f64` is no key, instead of that `RecordId<f64>` is no extractor, and points
/// at the `f64`. A type of the same name from elsewhere has the other `reader`, and loses nothing.
#[doc(hidden)]
#[derive(Debug)]
pub struct Argument<A>(PhantomData<A>);

/// The reader of every type that has none of its own in [`Argument`].
#[doc(hidden)]
pub trait AnyArgument<A, M> {
    /// The reader; `P` is the parameter as it is written, and of no interest here.
    #[must_use]
    fn reader<P>() -> Extract<A>
    where
        A: ActionArg<M>,
    {
        A::extracted
    }
}

impl<A, M> AnyArgument<A, M> for Argument<A> {}

impl<K> Argument<RecordId<K>> {
    /// The reader; the parameter is written `P`, and is `K` but for aliases.
    #[must_use]
    pub fn reader<P: WrittenKey<K>>() -> Extract<RecordId<K>> {
        P::record_id()
    }
}

impl<K> Argument<RecordIds<K>> {
    /// The reader; the parameter is written `P`, and is `K` but for aliases.
    #[must_use]
    pub fn reader<P: WrittenKey<K>>() -> Extract<RecordIds<K>> {
        P::record_ids()
    }
}

impl<T> Argument<Records<T>> {
    /// The reader; the parameter is written `P`, and is `T` but for aliases.
    #[must_use]
    pub fn reader<P: WrittenBody<T>>() -> Extract<Records<T>> {
        P::records()
    }
}

impl<T> Argument<web::Json<T>> {
    /// The reader; the parameter is written `P`, and is `T` but for aliases.
    #[must_use]
    pub fn reader<P: WrittenBody<T>>() -> Extract<web::Json<T>> {
        P::json()
    }
}

impl<T> Argument<web::Query<T>> {
    /// The reader; the parameter is written `P`, and is `T` but for aliases.
    #[must_use]
    pub fn reader<P: WrittenBody<T>>() -> Extract<web::Query<T>> {
        P::query()
    }
}

impl<T> Argument<Form<T>> {
    /// The reader; the parameter is written `P`, and is `T` but for aliases.
    #[must_use]
    pub fn reader<P: WrittenForm<T>>() -> Extract<Form<T>> {
        P::form()
    }
}

/// What stands in the place of the form `T`. The attribute asks whether it is one as well, for the declaration, and
/// the compiler says a thing once.
#[doc(hidden)]
pub trait WrittenForm<T>: ActionForm {
    /// The reader of a submitted form.
    fn form() -> Extract<Form<T>>;
}

impl<P: ActionForm, T: ActionForm> WrittenForm<T> for P {
    fn form() -> Extract<Form<T>> {
        at_once
    }
}

/// What stands in the place of the key `K`.
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
        |call| {
            of_selection(call, RecordId::given, |selection| async move {
                RecordId::of(&selection).await
            })
        }
    }

    fn record_ids() -> Extract<RecordIds<K>> {
        |call| {
            of_selection(call, RecordIds::given, |selection| async move {
                RecordIds::of(&selection).await
            })
        }
    }
}

/// What stands in the place of the `T` that serde reads.
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
        at_once
    }

    fn query() -> Extract<web::Query<T>> {
        extract()
    }
}

/// What is known of a result type.
#[doc(hidden)]
pub struct Answer<R> {
    respond: fn(R) -> Result<ActionResponse, ActionError>,
    /// Whether the answer is a file.
    pub is_file: bool,
}

impl<R> Clone for Answer<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Answer<R> {}

impl<R> fmt::Debug for Answer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("is_file", &self.is_file)
            .finish_non_exhaustive()
    }
}

/// The facts of a result type.
#[doc(hidden)]
#[must_use]
pub const fn answer<R: IntoActionResponse<M>, M>() -> Answer<R> {
    Answer {
        respond: R::into_action_response,
        is_file: R::IS_FILE,
    }
}

/// Calls a handler of each number of arguments.
#[doc(hidden)]
pub(crate) mod invoke {
    use super::{ActionCall, ActionError, ActionResponse, Answer, Extract, LocalBoxFuture};

    macro_rules! invoke {
        ($($name:ident($($arg:ident: $type:ident),*);)*) => {$(
            #[allow(clippy::too_many_arguments, reason = "a handler may have twelve")]
            #[must_use]
            pub fn $name<$($type: 'static,)* R: 'static>(
                call: ActionCall,
                $($arg: Extract<$type>,)*
                answer: Answer<R>,
                run: fn($($type),*) -> LocalBoxFuture<'static, R>,
            ) -> LocalBoxFuture<'static, Result<ActionResponse, ActionError>> {
                Box::pin(async move {
                    $(let $arg = $arg(&call).get().await?;)*
                    // the request goes back to actix's pool while the handler runs
                    drop(call);
                    (answer.respond)(run($($arg),*).await)
                })
            }
        )*};
    }

    invoke! {
        invoke0();
        invoke1(a: A);
        invoke2(a: A, b: B);
        invoke3(a: A, b: B, c: C);
        invoke4(a: A, b: B, c: C, d: D);
        invoke5(a: A, b: B, c: C, d: D, e: E);
        invoke6(a: A, b: B, c: C, d: D, e: E, f: F);
        invoke7(a: A, b: B, c: C, d: D, e: E, f: F, g: G);
        invoke8(a: A, b: B, c: C, d: D, e: E, f: F, g: G, h: H);
        invoke9(a: A, b: B, c: C, d: D, e: E, f: F, g: G, h: H, i: I);
        invoke10(a: A, b: B, c: C, d: D, e: E, f: F, g: G, h: H, i: I, j: J);
        invoke11(a: A, b: B, c: C, d: D, e: E, f: F, g: G, h: H, i: I, j: J, k: K);
        invoke12(a: A, b: B, c: C, d: D, e: E, f: F, g: G, h: H, i: I, j: J, k: K, l: L);
    }
}
