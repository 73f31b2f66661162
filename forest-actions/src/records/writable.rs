//! The collections that the back office may write, and the rules of the program for it.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use futures_util::future::LocalBoxFuture;

use super::draft::Draft;
use super::error::SourceProblem;
use super::model::{CollectionModel, FieldModel};
use super::models::Models;
use super::relation::RelationModel;
use super::source::Record;
use super::value_type::ValueType;
use crate::caller::Caller;
use crate::response::NotDone;
use crate::schema::Relationship;
use crate::text::nearest;

/// Default of [`Writable::max_records`].
const MAX_RECORDS: u64 = 1_000;

type Outcome<'a> = LocalBoxFuture<'a, Result<(), NotDone>>;

trait CreateRule: Send + Sync {
    fn check<'a>(&'a self, draft: &'a mut Draft, caller: &'a Caller) -> Outcome<'a>;
}

trait UpdateRule: Send + Sync {
    fn check<'a>(&'a self, draft: &'a mut Draft, record: &'a Record, caller: &'a Caller) -> Outcome<'a>;
}

trait DeleteRule: Send + Sync {
    fn check<'a>(&'a self, record: &'a Record, caller: &'a Caller) -> Outcome<'a>;
}

impl<F> CreateRule for F
where
    F: AsyncFn(&mut Draft, &Caller) -> Result<(), NotDone> + Send + Sync,
{
    fn check<'a>(&'a self, draft: &'a mut Draft, caller: &'a Caller) -> Outcome<'a> {
        Box::pin(async move { self(draft, caller).await })
    }
}

impl<F> UpdateRule for F
where
    F: AsyncFn(&mut Draft, &Record, &Caller) -> Result<(), NotDone> + Send + Sync,
{
    fn check<'a>(&'a self, draft: &'a mut Draft, record: &'a Record, caller: &'a Caller) -> Outcome<'a> {
        Box::pin(async move { self(draft, record, caller).await })
    }
}

impl<F> DeleteRule for F
where
    F: AsyncFn(&Record, &Caller) -> Result<(), NotDone> + Send + Sync,
{
    fn check<'a>(&'a self, record: &'a Record, caller: &'a Caller) -> Outcome<'a> {
        Box::pin(async move { self(record, caller).await })
    }
}

/// What the back office may write in a collection, for [`ForestBuilder::writable`](crate::ForestBuilder::writable).
///
/// ```
/// use forest_actions::records::Writable;
/// use forest_actions::refuse;
///
/// let invoices = Writable::all()
///     .except(["number"])
///     .on_create(async |draft, caller| {
///         draft.set("created_by", caller.email.as_str());
///         Ok(())
///     })
///     .on_delete(async |invoice, _| match invoice.attributes.get("paid_at") {
///         Some(paid_at) if !paid_at.is_null() => refuse("Only unpaid invoices may be deleted"),
///         _ => Ok(()),
///     });
/// ```
///
/// A rule runs inside the transaction of the request, before the change. Its refusal is shown to the user with status 422,
/// and undoes the request as a whole; any other error that `?` converts is a 500 whose cause is only logged. The transaction
/// holds a connection of the pool meanwhile, so a rule should not wait for another one of a small pool.
#[derive(Clone)]
#[must_use]
pub struct Writable {
    fields: Fields,
    optional: Vec<String>,
    /// `None` for every relation whose records may change.
    links: Option<Vec<String>>,
    pub(crate) creates: bool,
    pub(crate) updates: bool,
    pub(crate) deletes: bool,
    pub(crate) max_records: u64,
    pub(crate) allow_out_of_scope: bool,
    on_create: Option<Arc<dyn CreateRule>>,
    on_update: Option<Arc<dyn UpdateRule>>,
    on_delete: Option<Arc<dyn DeleteRule>>,
}

#[derive(Debug, Clone)]
enum Fields {
    Except(Vec<String>),
    Only(Vec<String>),
}

impl Writable {
    /// Creation, update and deletion, with every field except the key, and what the store computes or fills.
    pub fn all() -> Self {
        Self {
            fields: Fields::Except(Vec::new()),
            optional: Vec::new(),
            links: None,
            creates: true,
            updates: true,
            deletes: true,
            max_records: MAX_RECORDS,
            allow_out_of_scope: false,
            on_create: None,
            on_update: None,
            on_delete: None,
        }
    }

    /// Limits the fields. A to-one relation stands for its foreign key; a field of the key has to be named here to be
    /// writable.
    pub fn fields<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.fields = Fields::Only(names.into_iter().map(Into::into).collect());
        self
    }

    /// Every field of [`all`](Self::all) except these.
    pub fn except<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.fields = Fields::Except(names.into_iter().map(Into::into).collect());
        self
    }

    /// Does not require these fields of a new record, because [`on_create`](Self::on_create) sets them.
    pub fn optional<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.optional = names.into_iter().map(Into::into).collect();
        self
    }

    /// Limits the relations whose records can be linked and unlinked from here. Default: each relation whose records may
    /// change. For a relation to many that is the foreign key of the other collection, and for many to many the collection in
    /// between, whose records are added and deleted.
    pub fn links<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.links = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// `false` refuses new records.
    pub fn create(mut self, allowed: bool) -> Self {
        self.creates = allowed;
        self
    }

    /// `false` refuses changes of records, links among them.
    pub fn update(mut self, allowed: bool) -> Self {
        self.updates = allowed;
        self
    }

    /// `false` refuses to delete records.
    pub fn delete(mut self, allowed: bool) -> Self {
        self.deletes = allowed;
        self
    }

    /// Maximum number of records that one request deletes, links or unlinks; more are refused with 422. Default: 1,000.
    pub fn max_records(mut self, at_most: u64) -> Self {
        self.max_records = at_most;
        self
    }

    /// Accepts a change after which the caller cannot see the record, because it leaves the scope. Default: refused with 403.
    pub fn allow_out_of_scope(mut self) -> Self {
        self.allow_out_of_scope = true;
        self
    }

    /// Checks and completes a new record. The rule may set any field of the collection, also one that is not writable.
    pub fn on_create(
        mut self,
        rule: impl AsyncFn(&mut Draft, &Caller) -> Result<(), NotDone> + Send + Sync + 'static,
    ) -> Self {
        self.on_create = Some(Arc::new(rule));
        self
    }

    /// Checks and completes a change, of the record as it is before it. Linking a record to another one is a change too.
    pub fn on_update(
        mut self,
        rule: impl AsyncFn(&mut Draft, &Record, &Caller) -> Result<(), NotDone> + Send + Sync + 'static,
    ) -> Self {
        self.on_update = Some(Arc::new(rule));
        self
    }

    /// Checks a deletion, once for each record.
    pub fn on_delete(
        mut self,
        rule: impl AsyncFn(&Record, &Caller) -> Result<(), NotDone> + Send + Sync + 'static,
    ) -> Self {
        self.on_delete = Some(Arc::new(rule));
        self
    }

    pub(crate) async fn check_create(&self, draft: &mut Draft, caller: &Caller) -> Result<(), NotDone> {
        match &self.on_create {
            Some(rule) => rule.check(draft, caller).await,
            None => Ok(()),
        }
    }

    pub(crate) async fn check_update(
        &self,
        draft: &mut Draft,
        record: &Record,
        caller: &Caller,
    ) -> Result<(), NotDone> {
        match &self.on_update {
            Some(rule) => rule.check(draft, record, caller).await,
            None => Ok(()),
        }
    }

    pub(crate) async fn check_delete(&self, record: &Record, caller: &Caller) -> Result<(), NotDone> {
        match &self.on_delete {
            Some(rule) => rule.check(record, caller).await,
            None => Ok(()),
        }
    }

    pub(crate) fn has_update_rule(&self) -> bool {
        self.on_update.is_some()
    }

    pub(crate) fn has_delete_rule(&self) -> bool {
        self.on_delete.is_some()
    }

    fn allows_field(&self, collection: &CollectionModel, field: &FieldModel) -> bool {
        let is_stored = !field.is_hidden
            && !field.is_computed
            && !field.is_virtual
            && !field.is_read_only
            && !matches!(field.value_type, ValueType::Point);
        let is_named = |names: &[String]| {
            names.iter().any(|name| {
                *name == field.name || foreign_key_of(collection, name).is_some_and(|key| key == field.name)
            })
        };
        is_stored
            && match &self.fields {
                Fields::Only(names) => is_named(names),
                Fields::Except(names) => !is_named(names) && !collection.key.contains(&field.name),
            }
    }

    fn allows_link(&self, relation: &RelationModel) -> bool {
        self.links.as_ref().is_none_or(|names| names.contains(&relation.name))
    }

    /// The names that it gives.
    fn names(&self) -> impl Iterator<Item = &String> {
        let (Fields::Except(names) | Fields::Only(names)) = &self.fields;
        names.iter().chain(&self.optional)
    }
}

impl fmt::Debug for Writable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writable")
            .field("fields", &self.fields)
            .field("links", &self.links)
            .finish_non_exhaustive()
    }
}

/// The foreign key for which a to-one relation stands.
fn foreign_key_of<'m>(collection: &'m CollectionModel, relation: &str) -> Option<&'m str> {
    let relation = collection.find_relation(relation)?;
    (relation.kind == Relationship::BelongsTo)
        .then(|| relation.only_local_key())
        .flatten()
}

/// The writable collections of a record source.
#[derive(Debug, Clone, Default)]
pub(crate) struct WritableCollections(HashMap<String, Writable>);

impl WritableCollections {
    pub(crate) fn new(given: &[(String, Writable)]) -> Self {
        Self(given.iter().cloned().collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, collection: &str) -> Option<&Writable> {
        self.0.get(collection)
    }

    /// Marks in the models what is read-only, and reports what cannot be writable.
    pub(crate) fn apply(
        &self,
        collections: &mut [CollectionModel],
        source_can_write: bool,
        given: &[(String, Writable)],
    ) -> Vec<SourceProblem> {
        let mut problems = Vec::new();
        let mut seen = HashSet::new();
        for (name, _) in given {
            if !seen.insert(name) {
                problems.push(format!("`{name}` is made writable twice"));
            }
            if !collections.iter().any(|collection| collection.name == *name) {
                let known = collections.iter().map(|collection| collection.name.as_str());
                let hint = hint(name, known);
                problems.push(format!(
                    "`{name}` is to be writable, and the record source has no such collection{hint}"
                ));
            }
        }
        if !source_can_write && !self.0.is_empty() {
            problems.push("its records are to be writable, and it cannot write".to_owned());
        }
        for collection in collections.iter_mut() {
            match self.get(&collection.name) {
                None => mark_read_only(collection),
                Some(writable) => mark_writable(writable, collection, &mut problems),
            }
        }
        self.mark_links(collections, &mut problems);
        problems.into_iter().map(SourceProblem::new).collect()
    }

    /// Marks the relations whose records cannot be linked.
    fn mark_links(&self, collections: &mut [CollectionModel], problems: &mut Vec<String>) {
        let models = Models::new(collections.to_vec());
        for collection in collections {
            let Some(writable) = self.get(&collection.name) else {
                continue;
            };
            for name in writable.links.iter().flatten() {
                match collection.find_relation(name) {
                    None => {
                        let known = collection.relations.iter().map(|relation| relation.name.as_str());
                        let hint = hint(name, known);
                        problems.push(format!("`{}` has no relation `{name}` to link{hint}", collection.name));
                    }
                    Some(relation) => {
                        if let Some(reason) = self.obstacle(&models, collection, relation) {
                            problems.push(format!(
                                "the relation `{}.{name}` cannot be linked: {reason}",
                                collection.name
                            ));
                        }
                    }
                }
            }
            let owner = collection.clone();
            for relation in &mut collection.relations {
                let is_linked = writable.updates
                    && writable.allows_link(relation)
                    && self.obstacle(&models, &owner, relation).is_none();
                relation.is_read_only = !is_linked;
            }
        }
    }

    /// The reason why records cannot be linked by this relation.
    fn obstacle(&self, models: &Models, owner: &CollectionModel, relation: &RelationModel) -> Option<String> {
        let is_writable = |name: &str, field: &str| {
            let model = models.get(name);
            let field = model.and_then(|model| model.find_field(field));
            self.get(name).is_some_and(|writable| writable.updates) && field.is_some_and(|field| !field.is_read_only)
        };
        if !relation.more_keys.is_empty() {
            return Some("it compares several fields; write these instead".to_owned());
        }
        let (holder, key) = match (&relation.kind, &relation.through) {
            (_, Some(through)) => {
                let between = self.get(&through.collection);
                let can = between.is_some_and(|between| between.creates && between.deletes);
                let model = models.get(&through.collection);
                let takes = |field: &String| {
                    let field = model.and_then(|model| model.find_field(field));
                    field.is_some_and(|field| !field.is_read_only)
                };
                let is_possible = can && takes(&through.local_key) && takes(&through.target_key);
                return (!is_possible).then(|| {
                    format!(
                        "make `{}` writable, with `{}` and `{}`",
                        through.collection, through.local_key, through.target_key
                    )
                });
            }
            (Relationship::BelongsTo, None) => (&owner.name, &relation.local_key),
            (_, None) => (&relation.target, &relation.target_key),
        };
        (!is_writable(holder, key)).then(|| format!("`{key}` of `{holder}` is not writable"))
    }
}

fn hint<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> String {
    nearest(wrong, names).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

fn mark_read_only(collection: &mut CollectionModel) {
    collection.is_read_only = true;
    for field in &mut collection.fields {
        field.is_read_only = true;
    }
    for relation in &mut collection.relations {
        relation.is_read_only = true;
    }
}

fn mark_writable(writable: &Writable, collection: &mut CollectionModel, problems: &mut Vec<String>) {
    let name = &collection.name;
    if collection.is_read_only {
        problems.push(format!(
            "`{name}` is to be writable, and is read-only in the record source"
        ));
    }
    if collection.key.is_empty() || collection.key_may_repeat {
        problems.push(format!(
            "`{name}` is to be writable, and has no key that the store keeps unique"
        ));
    }
    for given in writable.names() {
        if collection.find_field(given).is_none() && foreign_key_of(collection, given).is_none() {
            let fields = collection.fields.iter().map(|field| field.name.as_str());
            let relations = collection.relations.iter().map(|relation| relation.name.as_str());
            let hint = hint(given, fields.chain(relations));
            problems.push(format!("`{name}` has no field `{given}` to write{hint}"));
        }
    }
    if let Fields::Only(names) = &writable.fields {
        let unwritable = names.iter().filter(|given| {
            let field = foreign_key_of(collection, given).unwrap_or(given);
            let field = collection.find_field(field);
            field.is_some_and(|field| !writable.allows_field(collection, field))
        });
        for given in unwritable {
            problems.push(format!(
                "the field `{name}.{given}` cannot be written: it is hidden, computed or read-only"
            ));
        }
    }
    let allowed: Vec<bool> = collection
        .fields
        .iter()
        .map(|field| writable.allows_field(collection, field))
        .collect();
    let optional: Vec<String> = writable
        .optional
        .iter()
        .map(|given| foreign_key_of(collection, given).unwrap_or(given).to_owned())
        .collect();
    for (field, is_allowed) in collection.fields.iter_mut().zip(allowed) {
        field.is_read_only = !is_allowed;
        // the back office could not give it
        if !is_allowed || optional.contains(&field.name) {
            field.is_required = false;
            field.validations.retain(|validation| validation.rule != "is present");
        }
    }
}
