//! The form of one request, as hooks see and change it.
//!
//! Each request has its own copy, from the declaration (load) or the request (change, search): hooks do not affect other requests
//! (FRM-01). Unknown properties are kept (FRM-08).

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::ActionForm;
use super::HookFn;
use super::answer_check;
use super::dynamic::FormField;
use super::error::HookMistake;
use super::field_state::FieldState;
use super::frame::Frame;
use super::layout::{Layout, LayoutProblem};
use super::name::FieldName;
use super::spec::FieldSpec;
use super::value::FieldValue;

/// The type of a [`FormState`] without a form type.
#[derive(Debug, Clone, Copy)]
pub enum Untyped {}

/// The current state of a form: the argument and the result of hooks. `T` is the form's type.
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
    /// The submitted fields: the user's entry is kept when a hook adds a field again.
    sent: Vec<FieldState>,
    declared: Declared,
    arrangement: Arrangement,
    changed_field: Option<String>,
    searched_field: Option<String>,
    /// The target of setters on a field that does not exist.
    nowhere: FieldState,
    /// The first mistake of the hook, with which it is answered.
    mistake: Option<HookMistake>,
    of: PhantomData<fn() -> T>,
}

/// The declared fields.
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

#[derive(Debug, Clone)]
enum Arrangement {
    /// One below the other.
    Plain,
    /// That of the form's type, fitted to the present fields.
    Declared(Layout),
    /// That of this hook, unchanged.
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

impl<T: ActionForm> FormState<T> {
    /// Sets every declared field to the value in `values`; `None` empties it. For a load hook that prefills the form.
    ///
    /// ```
    /// use forest_actions::prelude::*;
    ///
    /// #[derive(ActionForm)]
    /// struct Edit {
    ///     name: String,
    ///     phone: Option<String>,
    /// }
    ///
    /// async fn prefill(mut form: FormState<Edit>, id: RecordId<i64>) -> HookResult<Edit> {
    ///     // read from a database in a program
    ///     form.fill(Edit { name: format!("Customer {}", *id), phone: None });
    ///     Ok(form)
    /// }
    /// ```
    pub fn fill(&mut self, values: T) {
        for (name, value) in values.into_values() {
            self.field(name).set_value(value);
        }
    }
}

/// For unit tests of hooks.
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

    /// The form after the user has changed this field to this value.
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
    /// The form as it opens, with the declared fields.
    pub(crate) fn opened(
        specs: &'static [FieldSpec],
        change: &'static [(&'static str, HookFn)],
        layout: Option<Layout>,
    ) -> Self {
        let declared = Declared { specs, change };
        Self::of(declared.opened().collect(), declared, layout)
    }

    /// The form with the submitted fields. The declared arrangement still holds, since the browser takes that of each answer.
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
            mistake: None,
            of: PhantomData,
        }
    }

    /// Sets empty values to the defaults, for a form without a load hook.
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
            mistake: self.mistake.clone(),
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
            mistake: self.mistake,
            of: PhantomData,
        }
    }

    /// The field whose change runs this hook; `None` in other hooks.
    #[must_use]
    pub fn changed_field(&self) -> Option<&str> {
        self.changed_field.as_deref()
    }

    /// The field in which the user searches, and the text so far; `None` in other hooks.
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

    /// The fields in order.
    pub fn fields(&self) -> impl Iterator<Item = &FieldState> {
        self.fields.iter()
    }

    /// The field of that name.
    #[must_use]
    pub fn get(&self, name: impl AsRef<str>) -> Option<&FieldState> {
        let name = name.as_ref();
        self.fields.iter().find(|field| field.name() == name)
    }

    /// The current value of a field as `V`; `None` when the field is missing, empty, or cannot be read as `V`.
    #[must_use]
    pub fn value<V: DeserializeOwned>(&self, name: impl AsRef<str>) -> Option<V> {
        let name = name.as_ref();
        self.get(name)?.value()
    }

    /// The current value of a field as a field type: a date, an enum, a file, the key of a record; `None` when the field is missing,
    /// empty, or cannot be read as `V`.
    #[must_use]
    pub fn typed_value<V: FieldValue>(&self, name: impl AsRef<str>) -> Option<V> {
        let name = name.as_ref();
        self.get(name)?.typed_value()
    }

    /// The current value of a declared field, as its type without `Option`; `None` when the field is missing, empty, or cannot be read.
    #[must_use]
    pub fn entered<V: FieldValue>(&self, name: FieldName<T, V>) -> Option<V::Plain> {
        self.typed_value::<V>(name)?.into_plain()
    }

    /// A field to change. An unknown name makes the hook fail, with the name in the log: 500 for a load hook, and 400 where the fields
    /// come from the request. Use [`FormState::get`] first when a field may be missing.
    pub fn field(&mut self, name: impl AsRef<str>) -> &mut FieldState {
        let name = name.as_ref();
        match self.fields.iter().position(|field| field.name() == name) {
            Some(at) => &mut self.fields[at],
            None => {
                self.mistake.get_or_insert_with(|| HookMistake::UnknownField {
                    name: name.to_owned(),
                    known: self.fields.iter().map(|field| field.name().to_owned()).collect(),
                });
                &mut self.nowhere
            }
        }
    }

    /// Adds a field at the end. A field of the same name is replaced in its place and keeps the user's entry, unless the new one has a
    /// value: a hook may add its conditional field on every call (FRM-09).
    pub fn push(&mut self, field: FormField) {
        let state = field.into_state(&self.fields, &self.sent);
        match self.fields.iter_mut().find(|known| known.name() == state.name()) {
            Some(known) => *known = state,
            None => self.fields.push(state),
        }
    }

    /// Adds a field after another one, or at the end when that one is missing. The user's entry is kept as by [`FormState::push`].
    pub fn insert_after(&mut self, name: impl AsRef<str>, field: FormField) {
        let name = name.as_ref();
        let state = field.into_state(&self.fields, &self.sent);
        self.fields.retain(|known| known.name() != state.name());
        let at = self
            .fields
            .iter()
            .position(|known| known.name() == name)
            .map_or(self.fields.len(), |at| at + 1);
        self.fields.insert(at, state);
    }

    /// Restores a declared field that a hook has removed, at its declared place and with its default as value (FRM-09), or with the
    /// user's entry when this hook has removed it. A present field is not changed, so a hook may call this whenever its condition
    /// holds. An undeclared name makes the hook fail, as in [`FormState::field`].
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
    pub fn restore(&mut self, name: impl AsRef<str>) -> &mut FieldState {
        let name = name.as_ref();
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

    /// Removes a field; returns `false` when it is missing.
    pub fn remove(&mut self, name: impl AsRef<str>) -> bool {
        let name = name.as_ref();
        let before = self.fields.len();
        self.fields.retain(|field| field.name() != name);
        self.fields.len() < before
    }

    /// Moves these fields to the front, in this order.
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

    /// Arranges the fields and hides those that are not placed. Each hook arranges its own answer; without a call the declared
    /// arrangement holds.
    #[must_use]
    pub fn layout(self, layout: impl Into<Layout>) -> FormState {
        FormState {
            arrangement: Arrangement::Given(layout.into()),
            ..self.untyped()
        }
    }

    /// Checks the result of a hook (protocol: hooks, processing): values outside of the options are reset; fields that a client cannot
    /// show, or with an unknown hook, are an error. Not for a form without a hook (FRM-04).
    pub(crate) fn checked(mut self, action: &'static str, is_hook: impl Fn(&str) -> bool) -> Result<Self, HookMistake> {
        if let Some(mistake) = self.mistake.take() {
            return Err(match mistake {
                HookMistake::UnknownField { .. } if self.is_sent() => HookMistake::Sent(Box::new(mistake)),
                _ => mistake,
            });
        }
        if let Arrangement::Given(layout) = &self.arrangement
            && let Some(problem) = layout.problem(self.fields.iter().map(FieldState::name))
        {
            let is_sent = self.is_sent() && matches!(problem, LayoutProblem::UnknownField(_));
            let mistake = HookMistake::Layout(problem);
            return Err(if is_sent {
                HookMistake::Sent(Box::new(mistake))
            } else {
                mistake
            });
        }
        for field in &mut self.fields {
            if let Err(mistake) = answer_check::check(field, action, &is_hook) {
                // the hook may have corrected another mistake of the same field
                let mut sent = self.sent.iter();
                let is_sent = sent.any(|sent| answer_check::check(sent, action, &is_hook).is_err());
                return Err(if is_sent {
                    HookMistake::Sent(Box::new(mistake))
                } else {
                    mistake
                });
            }
            // a search lists only a part of the options
            if self.searched_field.as_deref() != Some(field.name()) {
                field.reset_unoffered_value();
            }
        }
        Ok(self)
    }

    /// The fields come from the request, and not from the code.
    fn is_sent(&self) -> bool {
        self.changed_field.is_some() || self.searched_field.is_some()
    }

    /// Only the field in which the user searches (FRM-12).
    pub(crate) fn into_field(self, name: &str) -> Vec<FieldState> {
        let mut fields = self.fields;
        fields.retain(|field| field.name() == name);
        fields
    }

    /// The shown fields and their arrangement, inside a frame.
    pub(crate) fn into_answer(self, frame: Frame) -> (Vec<FieldState>, Vec<Value>) {
        let fields = self.fields;
        let layout = match self.arrangement {
            Arrangement::Plain => None,
            Arrangement::Given(layout) => Some(layout),
            Arrangement::Declared(layout) => {
                let is_declared = |name: &str| self.declared.position(name).is_some();
                let is_present = |name: &str| fields.iter().any(|field| field.name() == name);
                let added = fields.iter().map(FieldState::name).filter(|name| !is_declared(name));
                Some(layout.fitted(is_present, added))
            }
        };
        let (mut fields, layout) = frame.around(fields, layout);
        let layout = layout.map_or_else(Vec::new, |layout| arrange(&mut fields, &layout));
        (fields, layout)
    }

    /// The fields as the browser sent them.
    pub(super) fn sent_fields(&self) -> &[FieldState] {
        &self.sent
    }

    pub(super) fn each_field(&mut self, change: impl FnMut(&mut FieldState)) {
        self.fields.iter_mut().for_each(change);
    }
}

/// Keeps the placed fields, in the order of the layout.
fn arrange(fields: &mut Vec<FieldState>, layout: &Layout) -> Vec<Value> {
    let placed: Vec<&str> = layout.fields().collect();
    fields.retain(|field| placed.contains(&field.name()));
    fields.sort_by_key(|field| placed.iter().position(|name| *name == field.name()));
    layout.to_json()
}
