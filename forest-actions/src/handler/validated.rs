//! Forms that the `garde` crate validates as well, with its problems reported like those of the form.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::context::CallContext;
use super::reading::Reading;
use crate::form::{ActionForm, FieldSpec, FormError};
use crate::response::ActionError;

/// A [`Form`](crate::Form) that has also passed the rules that its type declares with `garde::Validate`; an extractor for
/// handlers, with the feature `garde`. Name the form in the attribute: `form = T`.
///
/// Problems that `garde` reports are answered like those of the form: one 400 that names each field by its label.
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
    type Future = Reading<Self>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let form = CallContext::read(req, |context| Ok(context.request()?.form::<T>()?));
        let validated = form.and_then(|form| match form.validate() {
            Ok(()) => Ok(Self(form)),
            Err(report) => {
                let problems = report.iter();
                let problems = problems.map(|(path, problem)| problem_of(T::FIELDS, &path.to_string(), problem));
                Err(FormError::fields(problems).into())
            }
        });
        validated.into()
    }
}

/// Names the problem by the label of the field; `path` begins with the name of the struct's field.
fn problem_of(fields: &[FieldSpec], path: &str, problem: &garde::Error) -> (String, String) {
    let path = path.strip_prefix("r#").unwrap_or(path);
    let (name, within) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
    let Some(field) = fields.iter().find(|field| field.rust_name() == name) else {
        return (path.to_owned(), problem.to_string());
    };
    let index = within.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let problem = match index.and_then(|index| index.parse::<usize>().ok()) {
        // as the form itself counts
        Some(index) => format!("element {}: {problem}", index.saturating_add(1)),
        None if within.is_empty() => problem.to_string(),
        None => format!("`{}`: {problem}", within.trim_start_matches('.')),
    };
    (field.name().to_owned(), problem)
}
