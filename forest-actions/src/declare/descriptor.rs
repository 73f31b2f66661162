//! The declaration of one action: const data and function pointers, nothing generic.

use std::fmt;

use actix_web::http::Method;
use futures_util::future::LocalBoxFuture;

use super::background::Background;
use super::confirm::Confirmation;
use super::form::FormDeclaration;
use super::need::{Invocation, Need, Needs};
use super::preview::PreviewDeclaration;
use super::rule::CanRun;
use crate::call::ActionCall;
use crate::form::HookFn;
use crate::response::{ActionError, ActionResponse};
use crate::schema::ActionKind;

/// The name of the form's field that asks for a preview.
pub(crate) const PREVIEW_FIELD: &str = "Preview";

/// A handler with uniform arguments and result.
pub(crate) type Invoke = fn(Invocation) -> LocalBoxFuture<'static, Result<ActionResponse, ActionError>>;

/// The declaration of an action (protocol: declaring an action).
///
/// `#[smart_action]` writes it as a `static`; see [`ForestBuilder::only`](crate::ForestBuilder::only) and
/// [`Forest::actions`](crate::Forest::actions).
#[derive(Clone)]
#[non_exhaustive]
pub struct ActionDescriptor {
    /// The collection that the action belongs to.
    pub collection: &'static str,
    /// The label of the button, unique in the collection; permissions and approvals refer to it.
    pub name: &'static str,
    /// On one record, several, or none.
    pub kind: ActionKind,
    /// The path, as it is printed in the schema.
    pub endpoint: &'static str,
    /// The verb of the action's route. Hooks are always `POST`.
    pub http_method: HttpMethod,
    /// Text above the form; HTML is allowed.
    pub description: Option<&'static str>,
    /// The label of the form's button, at most 50 characters.
    pub submit_button_label: Option<&'static str>,
    /// Another origin that the UI sends the request to.
    pub base_url: Option<&'static str>,
    /// Kept for compatibility; the UI ignores it.
    pub redirect: Option<&'static str>,
    /// `true` when the answer is a file.
    pub download: bool,
    /// The form, when the action has one.
    #[doc(hidden)]
    pub form: Option<fn() -> FormDeclaration>,
    /// The hook that runs when the form opens.
    #[doc(hidden)]
    pub load: Option<HookFn>,
    /// The hooks that run when a field changes, by field name.
    #[doc(hidden)]
    pub change: &'static [(&'static str, HookFn)],
    /// Maximum number of records of a bulk action.
    pub max_records: Option<u64>,
    /// The rule over its records.
    #[doc(hidden)]
    pub can_run: Option<CanRun>,
    /// The question before it runs.
    #[doc(hidden)]
    pub confirm: Option<Confirmation>,
    /// What it will do, before it does it.
    #[doc(hidden)]
    pub preview: Option<PreviewDeclaration>,
    /// Its runs in the background.
    #[doc(hidden)]
    pub background: Option<Background>,
    /// How its runs are recorded; `None`: as the audit trail of the agent is set up.
    pub audit: Option<AuditMode>,
    /// `false` only for an action declared `unprotected`: every logged-in caller may run it.
    pub protected: bool,
    /// The place of the action in the source.
    pub origin: Origin,
    /// The name of the function, and its arguments as they are written.
    #[doc(hidden)]
    pub arguments: (&'static str, &'static [&'static str]),
    /// The handler.
    #[doc(hidden)]
    pub invoke: Invoke,
}

/// The constructor and the setters that the attribute writes; an option that is not written keeps the default that
/// [`smart_action`](macro@crate::smart_action) documents.
#[doc(hidden)]
impl ActionDescriptor {
    pub const fn new(
        collection: &'static str,
        name: &'static str,
        endpoint: &'static str,
        origin: Origin,
        invoke: Invoke,
    ) -> Self {
        Self {
            collection,
            name,
            kind: ActionKind::Bulk,
            endpoint,
            http_method: HttpMethod::Post,
            description: None,
            submit_button_label: None,
            base_url: None,
            redirect: None,
            download: false,
            form: None,
            load: None,
            change: &[],
            max_records: None,
            can_run: None,
            confirm: None,
            preview: None,
            background: None,
            audit: None,
            protected: true,
            origin,
            arguments: ("", &[]),
            invoke,
        }
    }

    #[must_use]
    pub const fn kind(mut self, kind: ActionKind) -> Self {
        self.kind = kind;
        self
    }

    #[must_use]
    pub const fn http_method(mut self, method: HttpMethod) -> Self {
        self.http_method = method;
        self
    }

    #[must_use]
    pub const fn description(mut self, html: &'static str) -> Self {
        self.description = Some(html);
        self
    }

    #[must_use]
    pub const fn submit_button_label(mut self, label: &'static str) -> Self {
        self.submit_button_label = Some(label);
        self
    }

    #[must_use]
    pub const fn base_url(mut self, url: &'static str) -> Self {
        self.base_url = Some(url);
        self
    }

    #[must_use]
    pub const fn redirect(mut self, path: &'static str) -> Self {
        self.redirect = Some(path);
        self
    }

    #[must_use]
    pub const fn download(mut self, download: bool) -> Self {
        self.download = download;
        self
    }

    #[must_use]
    pub const fn form(mut self, form: fn() -> FormDeclaration) -> Self {
        self.form = Some(form);
        self
    }

    #[must_use]
    pub const fn load(mut self, hook: HookFn) -> Self {
        self.load = Some(hook);
        self
    }

    #[must_use]
    pub const fn change(mut self, hooks: &'static [(&'static str, HookFn)]) -> Self {
        self.change = hooks;
        self
    }

    #[must_use]
    pub const fn arguments(mut self, function: &'static str, arguments: &'static [&'static str]) -> Self {
        self.arguments = (function, arguments);
        self
    }

    #[must_use]
    pub const fn max_records(mut self, limit: u64) -> Self {
        self.max_records = Some(limit);
        self
    }

    /// # Panics
    /// A file is the answer and the handler may get a part of the records: the file has no place for the others.
    #[must_use]
    pub const fn can_run(mut self, rule: CanRun) -> Self {
        assert!(
            rule.stops || !self.download,
            "a file cannot report the records that `can_run` refuses: write `on_refusal = \"stop\"`"
        );
        self.can_run = Some(rule);
        self
    }

    #[must_use]
    pub const fn confirm(mut self, confirm: Confirmation) -> Self {
        self.confirm = Some(confirm);
        self
    }

    #[must_use]
    pub const fn preview(mut self, preview: PreviewDeclaration) -> Self {
        self.preview = Some(preview);
        self
    }

    /// # Panics
    /// A file is the answer: the browser is answered before the run ends.
    #[must_use]
    pub const fn background(mut self, background: Background) -> Self {
        assert!(
            !self.download,
            "a file cannot be the answer of a run in the background: answer with a link, or leave `background` out"
        );
        self.background = Some(background);
        self
    }

    #[must_use]
    pub const fn audit(mut self, mode: AuditMode) -> Self {
        self.audit = Some(mode);
        self
    }

    #[must_use]
    pub const fn unprotected(mut self) -> Self {
        self.protected = false;
        self
    }
}

impl ActionDescriptor {
    /// A declaration for unit tests: an attribute would link the action into every other test.
    #[cfg(test)]
    pub(crate) const fn for_test(
        collection: &'static str,
        name: &'static str,
        kind: ActionKind,
        endpoint: &'static str,
    ) -> Self {
        let origin = Origin::new("shop", "shop::companies", "src/companies.rs", 12);
        Self::new(collection, name, endpoint, origin, |_| {
            Box::pin(async { Ok(crate::response::no_content()) })
        })
        .kind(kind)
    }

    /// The names of the fields that the library adds to the form.
    pub(crate) fn added_fields(&self) -> impl Iterator<Item = &'static str> {
        let preview = self.preview.map(|_| PREVIEW_FIELD);
        preview.into_iter().chain(self.confirm.map(|confirm| confirm.field))
    }

    /// Runs the handler. An error of an argument names it.
    pub(crate) async fn run(&'static self, call: ActionCall) -> Result<ActionResponse, ActionError> {
        let outcome = (self.invoke)(Invocation::Call(call)).await;
        outcome.map_err(|error| {
            let (function, arguments) = self.arguments;
            let argument = error.position().and_then(|position| arguments.get(position));
            match argument {
                Some(argument) => error.reading_for(&format!(
                    "`{argument}` of `{function}`, {}:{}",
                    self.origin.file, self.origin.line
                )),
                None => error,
            }
        })
    }

    /// The needs of the arguments, in order.
    pub(crate) fn needs(&self) -> Vec<Need> {
        Needs::of(self.invoke)
    }

    /// The declared form, if any.
    pub(crate) fn declared_form(&self) -> Option<FormDeclaration> {
        self.form.map(|form| form())
    }

    /// The change hook of this name, of the action or of a field.
    pub(crate) fn change_hook(&self, name: &str) -> Option<HookFn> {
        let listed = self
            .change
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, hook)| *hook);
        listed.or_else(|| self.declared_form()?.change_hook(name))
    }
}

impl fmt::Debug for ActionDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActionDescriptor")
            .field("collection", &self.collection)
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("endpoint", &self.endpoint)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// How the runs of an action are recorded in the audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditMode {
    /// A run that cannot be recorded is refused, before it has any effect.
    Strict,
    /// A run that cannot be recorded goes on, and an error is logged.
    Normal,
    /// Runs are not recorded.
    Off,
}

impl fmt::Display for AuditMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strict => "strict",
            Self::Normal => "normal",
            Self::Off => "off",
        })
    }
}

/// The HTTP method of an action. All but `POST` are deprecated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HttpMethod {
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
    /// `PATCH`.
    Patch,
    /// `DELETE`.
    Delete,
}

impl HttpMethod {
    /// The verb, in capitals.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    pub(crate) fn matches(self, method: &Method) -> bool {
        method.as_str() == self.as_str()
    }
}

impl fmt::Display for HttpMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The place of an action in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Origin {
    /// The package.
    pub crate_name: &'static str,
    /// The module path.
    pub module: &'static str,
    /// The source file, as the compiler names it.
    pub file: &'static str,
    /// The line of the attribute.
    pub line: u32,
}

impl Origin {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(crate_name: &'static str, module: &'static str, file: &'static str, line: u32) -> Self {
        Self {
            crate_name,
            module,
            file,
            line,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} (crate {})", self.file, self.line, self.crate_name)
    }
}

/// The entry of an action in the link-time registry.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Registered(pub &'static ActionDescriptor);

inventory::collect!(Registered);
