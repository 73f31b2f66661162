//! The parts of an open form that the library adds: what a rule would refuse, the preview, and the question.

use serde_json::Value;

use super::confirm::question;
use super::context::Shared;
use super::rules::{Ruled, ruled};
use crate::caller::Caller;
use crate::declare::{ActionDescriptor, HookKind, PREVIEW_FIELD, Rule};
use crate::form::{FormField, FormState, Frame, PREVIEW_HOOK, widgets};
use crate::records::{RecordAccess, Requested};
use crate::request::{ActionRequest, Selected};
use crate::response::ActionError;

/// Given records that a rule judges when a form opens; more are judged when the action runs.
const JUDGED_IN_FORM: usize = 1_000;

/// A call of a hook of an action that adds something to its form.
pub(super) struct Opened<'a> {
    pub(super) shared: &'a Shared,
    pub(super) action: &'static ActionDescriptor,
    pub(super) access: Option<&'a RecordAccess>,
    pub(super) caller: &'a Caller,
    pub(super) request: &'a ActionRequest,
    pub(super) requested: &'a Requested,
}

/// The parts around a form.
#[derive(Default)]
pub(super) struct Framed {
    pub(super) frame: Frame,
    /// The records of the preview that the form asks for.
    pub(super) previewed: Option<Ruled>,
}

impl Opened<'_> {
    /// Takes the added fields out of the form, so that hooks of the program see only its own, and makes the parts around it.
    ///
    /// # Errors
    /// The records cannot be read, or a function of the program failed.
    pub(super) async fn frame(&self, kind: HookKind, form: &mut FormState) -> Result<Framed, ActionError> {
        let shows_preview = self.take_added(form);
        if kind == HookKind::Search {
            return Ok(Framed::default());
        }
        let mut frame = Frame::default();
        let texts = &*self.shared.setup.texts;
        let ruled = match shows_preview || self.action.confirm.is_some() || self.is_judged() {
            true => ruled(self.action, self.access, self.caller, self.requested).await?,
            false => None,
        };
        if let Some(ruled) = ruled.as_ref().filter(|ruled| !ruled.allowed.is_judged_on_the_way()) {
            let refused = ruled.judged.refused_count();
            if refused > 0 {
                let selected = refused.saturating_add(ruled.judged.allowed_count());
                frame.html_above(ruled.judged.panel(texts, selected));
            }
        }
        let allowed = match &ruled {
            Some(ruled) => ruled.allowed.clone(),
            None if shows_preview || self.action.confirm.is_some() => self.requested.resolve().await?.clone(),
            None => return Ok(self.with_preview_field(frame, form, false)),
        };
        let can_preview = shows_preview && ruled.as_ref().is_none_or(|ruled| self.would_run(ruled));
        let mut framed = self.with_preview_field(frame, form, can_preview);
        if let Some(question) = question(self.action, &allowed, self.caller, true).await? {
            question.add_to(&mut framed.frame, form, texts);
        }
        framed.previewed = can_preview.then(|| Ruled {
            judged: ruled.map(|ruled| ruled.judged).unwrap_or_default(),
            allowed,
        });
        Ok(framed)
    }

    /// Returns whether the form asks for a preview now.
    fn take_added(&self, form: &mut FormState) -> bool {
        let mut shows_preview = false;
        let is_change = form.changed_field() == Some(PREVIEW_FIELD);
        for name in self.action.added_fields() {
            let value = form.take_added(name);
            shows_preview |= is_change && name == PREVIEW_FIELD && value == Some(Value::Bool(true));
        }
        if self.action.preview.is_some() {
            form.unwatch();
        }
        shows_preview
    }

    fn with_preview_field(&self, mut frame: Frame, form: &FormState, is_shown: bool) -> Framed {
        if self.action.preview.is_some() {
            let field = FormField::boolean(PREVIEW_FIELD).description(self.shared.setup.texts.show_preview());
            let field = field.widget(widgets::checkbox()).on_change(PREVIEW_HOOK);
            frame.field(form, field.value(is_shown));
        }
        Framed { frame, previewed: None }
    }

    /// Returns whether a run would get past the rule. The block above the form tells why it would not.
    fn would_run(&self, ruled: &Ruled) -> bool {
        let stops = self.action.can_run.is_some_and(|rule| rule.stops);
        let refused = ruled.judged.refused_count();
        ruled.allowed.is_judged_on_the_way() || refused == 0 || (!stops && ruled.judged.allowed_count() > 0)
    }

    /// Returns whether the rule is applied when the form opens. "Select all" is judged then if one query does it.
    fn is_judged(&self) -> bool {
        match (&self.action.can_run, self.request.selected()) {
            (None, _) | (_, Selected::None) => false,
            (Some(_), Selected::Given(ids)) => ids.len() <= JUDGED_IN_FORM,
            (Some(rule), Selected::All(_)) => matches!(rule.rule, Rule::Filter { .. }),
        }
    }
}
