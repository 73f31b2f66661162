//! The form of one request, as hooks see and change it.
//!
//! Each request has its own copy, made from the declaration (load) or from what the browser sent (change), so nothing
//! a hook does is seen by anybody else (FRM-01). Properties that this crate does not know are kept as they came
//! (FRM-08).

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::ActionForm;
use super::HookFn;
use super::answer_check;
use super::dynamic::Field;
use super::field_state::FieldState;
use super::layout::Layout;
use super::spec::FieldSpec;
use super::value::FieldValue;

/// Stands for "no form type in particular" in [`FormState`].
#[derive(Debug, Clone, Copy)]
pub enum Untyped {}

/// The form as it stands: an extractor for hooks, and what they return. `T` is the form's type, if it has one.
///
/// ```
/// use forest_actions::form::FormState;
/// use forest_actions::{HookResult, RecordId};
///
/// async fn prefill(mut form: FormState, id: RecordId<i64>) -> HookResult {
///     form.field("stripe id").set_value(format!("cus_{}", *id)).set_read_only(true);
///     Ok(form)
/// }
/// ```
pub struct FormState<T = Untyped> {
    fields: Vec<FieldState>,
    /// The fields that the browser has sent: what a user has entered in one is not lost when a hook adds it anew.
    sent: Vec<FieldState>,
    /// The fields that the form's type declares, whichever of them are there now.
    declared: Declared,
    arrangement: Arrangement,
    changed_field: Option<String>,
    searched_field: Option<String>,
    /// Stands in for a field that does not exist, so that a chain of setters has something to write to.
    nowhere: FieldState,
    /// The first mistake of the hook; it becomes the answer.
    problem: Option<String>,
    of: PhantomData<fn() -> T>,
}

/// The declaration that every form starts from.
#[derive(Clone, Copy)]
struct Declared {
    specs: &'static [FieldSpec],
    /// The change hooks that the action gives to fields.
    change: &'static [(&'static str, HookFn)],
}

impl Declared {
    fn opened(self) -> impl Iterator<Item = FieldState> {
        let fields = self.specs.iter().enumerate();
        fields.map(move |(position, spec)| FieldState::opened(spec, position, self.change))
    }

    fn position(self, name: &str) -> Option<usize> {
        self.specs.iter().position(|spec| spec.name == name)
    }
}

/// Where the fields stand.
#[derive(Debug, Clone)]
enum Arrangement {
    /// One below the other.
    Plain,
    /// As the form's type says, as far as it fits the fields that are there.
    Declared(Layout),
    /// As this hook says, to the letter.
    Given(Layout),
}

impl<T> Clone for FormState<T> {
    fn clone(&self) -> Self {
        self.clone_as()
    }
}

impl<T> fmt::Debug for FormState<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormState")
            .field("fields", &self.fields.iter().map(FieldState::name).collect::<Vec<_>>())
            .field("changed_field", &self.changed_field)
            .finish_non_exhaustive()
    }
}

/// For a unit test that calls a hook.
impl<T: ActionForm> FormState<T> {
    /// The form as it opens, before any hook.
    ///
    /// ```
    /// use forest_actions::prelude::*;
    ///
    /// #[derive(ActionForm)]
    /// struct Ship {
    ///     city: String,
    ///     #[field(label = "zip code")]
    ///     zip_code: Option<String>,
    /// }
    ///
    /// async fn city_changed(mut form: FormState<Ship>) -> HookResult<Ship> {
    ///     if form.value::<String>("city").as_deref() == Some("Paris") {
    ///         form.field("zip code").set_value("75001");
    ///     }
    ///     Ok(form)
    /// }
    ///
    /// # #[actix_web::main]
    /// # async fn main() {
    /// let form = FormState::<Ship>::opening().changing("city", "Paris");
    /// let answer = city_changed(form).await.unwrap();
    /// assert_eq!(answer.value::<String>("zip code").as_deref(), Some("75001"));
    /// # }
    /// ```
    #[must_use]
    pub fn opening() -> Self {
        let declared = Declared {
            specs: T::FIELDS,
            change: &[],
        };
        FormState::of(declared.opened().collect(), declared, T::layout()).clone_as()
    }

    /// The form after the user has changed this field: its value is the new one, and it is the changed field.
    #[must_use]
    pub fn changing(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.field(name).set_value(value);
        Self {
            sent: self.fields.clone(),
            changed_field: Some(name.to_owned()),
            ..self
        }
    }
}

impl FormState {
    /// The form as it opens: the declared fields, each with its properties as the schema has them.
    pub(crate) fn opened(
        specs: &'static [FieldSpec],
        change: &'static [(&'static str, HookFn)],
        layout: Option<Layout>,
    ) -> Self {
        let declared = Declared { specs, change };
        Self::of(declared.opened().collect(), declared, layout)
    }

    /// The form as the browser has it. The declared arrangement goes on to hold, since the browser takes the one of
    /// each answer.
    pub(crate) fn sent(
        specs: &'static [FieldSpec],
        change: &'static [(&'static str, HookFn)],
        fields: Vec<Map<String, Value>>,
        layout: Option<Layout>,
    ) -> Self {
        let fields: Vec<FieldState> = fields.into_iter().map(FieldState::received).collect();
        Self {
            sent: fields.clone(),
            ..Self::of(fields, Declared { specs, change }, layout)
        }
    }

    fn of(fields: Vec<FieldState>, declared: Declared, layout: Option<Layout>) -> Self {
        Self {
            fields,
            sent: Vec::new(),
            declared,
            arrangement: layout.map_or(Arrangement::Plain, Arrangement::Declared),
            changed_field: None,
            searched_field: None,
            nowhere: FieldState::new(Map::new()),
            problem: None,
            of: PhantomData,
        }
    }

    /// Gives every field that has no value its default: for a form that no load hook fills in.
    pub(crate) fn with_defaults(mut self) -> Self {
        self.fields.iter_mut().for_each(FieldState::apply_default);
        self
    }

    pub(crate) fn with_changed_field(self, field: String) -> Self {
        Self {
            changed_field: Some(field),
            ..self
        }
    }

    pub(crate) fn with_searched_field(self, field: String) -> Self {
        Self {
            searched_field: Some(field),
            ..self
        }
    }
}

impl<T> FormState<T> {
    /// The same form for another type.
    pub(crate) fn clone_as<U>(&self) -> FormState<U> {
        FormState {
            fields: self.fields.clone(),
            sent: self.sent.clone(),
            declared: self.declared,
            arrangement: self.arrangement.clone(),
            changed_field: self.changed_field.clone(),
            searched_field: self.searched_field.clone(),
            nowhere: self.nowhere.clone(),
            problem: self.problem.clone(),
            of: PhantomData,
        }
    }

    /// The form without its type, for hooks that several actions share.
    #[must_use]
    pub fn untyped(self) -> FormState {
        FormState {
            fields: self.fields,
            sent: self.sent,
            declared: self.declared,
            arrangement: self.arrangement,
            changed_field: self.changed_field,
            searched_field: self.searched_field,
            nowhere: self.nowhere,
            problem: self.problem,
            of: PhantomData,
        }
    }

    /// The name of the field that the user has just changed; `None` in other hooks.
    #[must_use]
    pub fn changed_field(&self) -> Option<&str> {
        self.changed_field.as_deref()
    }

    /// The field in which the user is typing, and the text so far; `None` in other hooks.
    #[must_use]
    pub fn search(&self) -> Option<(&str, &str)> {
        let name = self.searched_field.as_deref()?;
        let text = self
            .get(name)?
            .property("searchValue")
            .and_then(Value::as_str)
            .unwrap_or_default();
        Some((name, text))
    }

    /// The fields, in the order in which they are shown.
    pub fn fields(&self) -> impl Iterator<Item = &FieldState> {
        self.fields.iter()
    }

    /// A field, if the form has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&FieldState> {
        self.fields.iter().find(|field| field.name() == name)
    }

    /// The current value of a field as `V`; `None` when the form has no such field, it is empty, or it cannot be
    /// read as `V`.
    #[must_use]
    pub fn value<V: DeserializeOwned>(&self, name: &str) -> Option<V> {
        self.get(name)?.value()
    }

    /// The current value of a field as a field type: a date, an enum, a file, the key of a record; `None` when the
    /// form has no such field, it is empty, or it cannot be read as `V`.
    #[must_use]
    pub fn typed_value<V: FieldValue>(&self, name: &str) -> Option<V> {
        self.get(name)?.typed_value()
    }

    /// A field to change. A name that the form does not have makes the hook fail, with the name in the log:
    /// look with [`FormState::get`] first when a field may be missing.
    pub fn field(&mut self, name: &str) -> &mut FieldState {
        match self.fields.iter().position(|field| field.name() == name) {
            Some(at) => &mut self.fields[at],
            None => {
                let known: Vec<&str> = self.fields.iter().map(FieldState::name).collect();
                let text = format!("the form has no field `{name}`; it has `{}`", known.join("`, `"));
                self.problem.get_or_insert(text);
                &mut self.nowhere
            }
        }
    }

    /// Adds a field at the end. A field of the same name is replaced, in its place, and keeps what the user has
    /// entered unless the new one is given a value: a hook may add its conditional field on every call (FRM-09).
    pub fn push(&mut self, field: Field) {
        let state = field.into_state(&self.fields, &self.sent);
        match self.fields.iter_mut().find(|known| known.name() == state.name()) {
            Some(known) => *known = state,
            None => self.fields.push(state),
        }
    }

    /// Adds a field after another one, or at the end when the form does not have that one. What the user has entered
    /// in a field of the same name is kept as by [`FormState::push`].
    pub fn insert_after(&mut self, name: &str, field: Field) {
        let state = field.into_state(&self.fields, &self.sent);
        self.fields.retain(|known| known.name() != state.name());
        let at = self
            .fields
            .iter()
            .position(|known| known.name() == name)
            .map_or(self.fields.len(), |at| at + 1);
        self.fields.insert(at, state);
    }

    /// Brings back a declared field that this hook or an earlier one has removed: at its declared place, as the form
    /// declares it, with its default as its value (FRM-09), or with what the user has entered when it was this hook that removed
    /// it. One that is there stays as it is, so a hook may call this
    /// whenever its condition holds. A name that the form does not declare makes the hook fail, as in
    /// [`FormState::field`].
    ///
    /// ```
    /// use forest_actions::prelude::*;
    ///
    /// #[derive(ActionForm)]
    /// struct Refund {
    ///     #[field(change = full_changed)]
    ///     full: bool,
    ///     amount: Option<f64>,
    /// }
    ///
    /// async fn full_changed(mut form: FormState<Refund>) -> HookResult<Refund> {
    ///     match form.value("full") {
    ///         Some(true) => _ = form.remove("amount"),
    ///         _ => _ = form.restore("amount").set_required(true),
    ///     }
    ///     Ok(form)
    /// }
    /// ```
    pub fn restore(&mut self, name: &str) -> &mut FieldState {
        if self.get(name).is_none()
            && let Some(place) = self.declared.position(name)
            && let Some(mut state) = self.declared.opened().nth(place)
        {
            match self.sent.iter().find(|sent| sent.is_same(&state)) {
                Some(sent) => state.keep_entered(sent),
                None => state.apply_default(),
            }
            let is_before =
                |field: &FieldState| self.declared.position(field.name()).is_some_and(|other| other < place);
            let at = self.fields.iter().rposition(is_before).map_or(0, |before| before + 1);
            self.fields.insert(at, state);
        }
        self.field(name)
    }

    /// Removes a field; tells whether the form had it.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.fields.len();
        self.fields.retain(|field| field.name() != name);
        self.fields.len() < before
    }

    /// Puts these fields first, in this order; the others keep theirs.
    pub fn order<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        let names: Vec<&str> = names.into_iter().collect();
        self.fields.sort_by_key(|field| {
            names
                .iter()
                .position(|name| *name == field.name())
                .unwrap_or(usize::MAX)
        });
    }

    /// Removes every field.
    pub fn clear(&mut self) {
        self.fields.clear();
    }

    /// Arranges the fields; the ones that are not placed are not shown. Nothing is remembered between calls: each
    /// hook arranges its own answer, or leaves the arrangement that the form's type declares.
    #[must_use]
    pub fn layout(self, layout: impl Into<Layout>) -> FormState {
        FormState {
            arrangement: Arrangement::Given(layout.into()),
            ..self.untyped()
        }
    }

    /// What a hook has left behind, made fit to be sent: values that are no longer offered are reset, and fields that no client
    /// could show, or with a hook that does not exist, are refused (protocol: hooks, processing). Not for a form that no hook has touched (FRM-04).
    pub(crate) fn checked(mut self, action: &str, is_hook: impl Fn(&str) -> bool) -> Result<Self, String> {
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        if let Arrangement::Given(layout) = &self.arrangement
            && let Some(problem) = layout.problem(self.fields.iter().map(FieldState::name))
        {
            return Err(problem);
        }
        for field in &mut self.fields {
            if let Some(problem) = answer_check::problem(field, action, &is_hook) {
                return Err(problem);
            }
            // what is found while the user types is a part of what can be chosen
            if self.searched_field.as_deref() != Some(field.name()) {
                field.reset_what_is_not_offered();
            }
        }
        Ok(self)
    }

    /// The field in which the user searches, by itself: there is nothing to arrange (FRM-12).
    pub(crate) fn into_field(self, name: &str) -> Vec<FieldState> {
        let mut fields = self.fields;
        fields.retain(|field| field.name() == name);
        fields
    }

    /// The fields that are shown, and their arrangement.
    pub(crate) fn into_answer(self) -> (Vec<FieldState>, Vec<Value>) {
        let mut fields = self.fields;
        let layout = match self.arrangement {
            Arrangement::Plain => Vec::new(),
            Arrangement::Given(layout) => arrange(&mut fields, &layout),
            Arrangement::Declared(layout) => {
                let is_declared = |name: &str| self.declared.position(name).is_some();
                let is_present = |name: &str| fields.iter().any(|field| field.name() == name);
                let added = fields.iter().map(FieldState::name).filter(|name| !is_declared(name));
                let layout = layout.fitted(is_present, added);
                arrange(&mut fields, &layout)
            }
        };
        (fields, layout)
    }
}

/// Leaves the fields that are placed, in the order in which they are.
fn arrange(fields: &mut Vec<FieldState>, layout: &Layout) -> Vec<Value> {
    let placed: Vec<&str> = layout.fields().collect();
    fields.retain(|field| placed.contains(&field.name()));
    fields.sort_by_key(|field| placed.iter().position(|name| *name == field.name()));
    layout.to_json()
}
