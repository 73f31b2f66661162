//! Forms that are checked by the `garde` crate as well.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use std::future::{Ready, ready};

use super::context::CallContext;
use crate::form::ActionForm;
use crate::response::{ActionError, ErrorKind};

/// A [`Form`](crate::Form) that has also passed the rules that its type declares with `garde::Validate`; an extractor for
/// handlers, with the feature `garde`. Name the form in the attribute: `form = T`.
///
/// What `garde` refuses is answered like any other problem of the form: one 400 that names each field.
///
/// ```
/// use forest_actions::prelude::*;
/// use forest_actions::Validated;
/// use garde::Validate;
///
/// #[derive(ActionForm, Validate)]
/// struct Invite {
///     #[garde(length(min = 3))]
///     login: String,
/// }
///
/// #[smart_action(collection = "users", name = "Invite", kind = "global", form = Invite)]
/// async fn invite(form: Validated<Invite>) -> ActionResult {
///     Ok(success(format!("{} was invited", form.login)))
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validated<T>(pub T);

impl<T> Validated<T> {
    /// The form itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Validated<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> FromRequest for Validated<T>
where
    T: ActionForm + garde::Validate<Context = ()>,
{
    type Error = ActionError;
    type Future = Ready<Result<Self, ActionError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let form = CallContext::read(req, |context| context.request.form::<T>());
        ready(form.and_then(|form| match form.validate() {
            Ok(()) => Ok(Self(form)),
            Err(report) => Err(refused(&report)),
        }))
    }
}

fn refused(report: &garde::Report) -> ActionError {
    let problems = || {
        report
            .iter()
            .map(|(path, problem)| (path.to_string(), problem.to_string()))
    };
    let lines: Vec<String> = problems()
        .map(|(field, problem)| format!("“{field}”: {problem}"))
        .collect();
    let fields: serde_json::Map<String, serde_json::Value> =
        problems().map(|(field, problem)| (field, problem.into())).collect();
    ActionError::refused(ErrorKind::BadRequest, lines.join("\n"))
        .name("ValidationError")
        .data(serde_json::json!({ "fields": fields }))
        .logged_as("the form was refused by its rules")
}
