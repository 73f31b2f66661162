//! The builder methods of [`SqlRecords`] and [`CollectionSetup`]; `corrections` carries them out in their order.

use std::sync::Arc;
use std::time::Duration;

use super::corrections::{self, Change};
use super::{SqlRecords, Storage};
use crate::records::filter::Filter;
use crate::records::relation::RelationModel;
use crate::records::value_type::ValueType;

impl SqlRecords {
    /// Corrects one collection, by its name: that of its table or view, unless it was renamed before.
    ///
    /// A correction that names something unknown is not carried out, and the start is refused with all such errors.
    #[must_use]
    pub fn collection(mut self, name: &str, setup: impl FnOnce(CollectionSetup) -> CollectionSetup) -> Self {
        let changes = setup(CollectionSetup::default()).changes;
        let problems = corrections::correct(&mut self.collections, self.engine.dialect(), name, changes);
        self.problems.extend(problems);
        self.look_ups = Arc::default();
        self
    }

    /// Removes all collections except these, and the relations that lead to the removed ones or through them.
    #[must_use]
    pub fn only<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        self.problems.extend(corrections::keep(&mut self.collections, &names));
        self.look_ups = Arc::default();
        self
    }

    /// The name by which live queries of the back office refer to this database.
    #[must_use]
    pub fn connection_name(mut self, name: impl Into<String>) -> Self {
        self.connection_name = Some(name.into());
        self
    }

    /// How long a request waits for a connection of the pool; later it is answered with 503. Default: 5 seconds, or the pool's
    /// own `acquire_timeout` if that is shorter.
    #[must_use]
    pub fn connection_timeout(mut self, at_most: Duration) -> Self {
        self.limits.connection = at_most;
        self
    }

    /// How long a statement of a list, count, export or selection may run. The database stops one that takes longer, and the
    /// request is answered with 503. Default: 30 seconds. Live queries have ten seconds at most.
    #[must_use]
    pub fn statement_timeout(mut self, at_most: Duration) -> Self {
        // PostgreSQL takes no limit for one of zero
        self.limits.statement = at_most.max(Duration::from_millis(1));
        self
    }
}

/// Corrections of one collection of a [`SqlRecords`].
///
/// Corrections apply in their order: each refers to fields and relations by the names that the ones before it gave. An
/// unknown name refuses the start.
#[derive(Debug, Default)]
#[must_use]
pub struct CollectionSetup {
    changes: Vec<Change>,
}

impl CollectionSetup {
    fn with(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// Gives the collection another name, here and in all relations that lead to it or through it.
    pub fn rename(self, name: impl Into<String>) -> Self {
        self.with(Change::Rename(name.into()))
    }

    /// Gives a field another name, here and in the key, the relations, the segments and the search fields that name it.
    pub fn rename_field(self, old: impl Into<String>, new: impl Into<String>) -> Self {
        self.with(Change::RenameField(old.into(), new.into()))
    }

    /// Hides a field from the schema, from answers, and from filters, sorts and searches. Relations may still use it. A
    /// field of the key cannot be hidden.
    pub fn hide(self, field: impl Into<String>) -> Self {
        self.with(Change::Hide(field.into()))
    }

    /// Sets the type of a column's values, for instance instants that SQLite stores in a column declared as text.
    ///
    /// The type of the column itself does not change. PostgreSQL compares values in that type, so use this for types that
    /// the database compares alike; [`computed`](Self::computed) converts.
    pub fn type_of(self, field: impl Into<String>, value_type: ValueType) -> Self {
        self.with(Change::TypeOf(field.into(), value_type))
    }

    /// Makes a field an enumeration of these texts, in this order, or the elements of a list field.
    pub fn enum_values<I>(self, field: impl Into<String>, values: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let values = values.into_iter().map(Into::into).collect();
        self.with(Change::EnumValues(field.into(), values))
    }

    /// Sets how SQLite stores an instant, a day or a UUID. Without this, the first values of the column determine it when
    /// the program starts, and an empty column counts as text. PostgreSQL ignores it.
    pub fn storage(self, field: impl Into<String>, storage: Storage) -> Self {
        self.with(Change::Storage(field.into(), storage))
    }

    /// Adds a field whose value is an SQL expression over the columns of this table, such as
    /// `first_name || ' ' || last_name`.
    ///
    /// The expression becomes part of statements unchanged, so it must never contain anything from outside the program.
    /// The field can be filtered and sorted by, and not written.
    pub fn computed(self, name: impl Into<String>, value_type: ValueType, sql: impl Into<String>) -> Self {
        self.with(Change::Computed(name.into(), value_type, sql.into()))
    }

    /// Adds a segment with the records that match `filter`, or replaces the segment with this name.
    pub fn segment(self, name: impl Into<String>, filter: Filter) -> Self {
        self.with(Change::Segment(name.into(), filter))
    }

    /// Sets the fields that a search looks at; `relation.field` is used by an extended search. With an empty list the
    /// collection cannot be searched.
    pub fn search_fields<I>(self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.with(Change::SearchFields(names.into_iter().map(Into::into).collect()))
    }

    /// Adds a relation that the database does not declare, or replaces the relation with this name. The target key of a
    /// relation to one record must be the key of its collection or unique, else the start is refused.
    pub fn relation(self, relation: RelationModel) -> Self {
        self.with(Change::Relation(relation))
    }

    /// Gives a relation another name, here and in the segments and search fields that name it.
    pub fn rename_relation(self, old: impl Into<String>, new: impl Into<String>) -> Self {
        self.with(Change::RenameRelation(old.into(), new.into()))
    }

    /// Removes a relation. A foreign key without a relation becomes an ordinary field.
    pub fn remove_relation(self, name: impl Into<String>) -> Self {
        self.with(Change::RemoveRelation(name.into()))
    }

    /// Sets the key of a view or a table without one. The values of these fields must be unique and not null: a request that
    /// meets two records with the same key, or selects one without a key, is refused.
    pub fn key<I>(self, fields: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.with(Change::Key(fields.into_iter().map(Into::into).collect()))
    }

    /// `false` answers counts with "deactivated", for tables that take too long to count.
    pub fn countable(self, countable: bool) -> Self {
        self.with(Change::Countable(countable))
    }

    /// Disables creation, update and deletion in the back office.
    pub fn read_only(self) -> Self {
        self.with(Change::ReadOnly)
    }

    /// Lets the database change other rows when a record is deleted: `ON DELETE CASCADE`, `SET NULL` and `SET DEFAULT`. It does
    /// so without regard to rights and scopes; otherwise the deletion of a record with such rows is refused (409).
    pub fn cascading(self) -> Self {
        self.with(Change::Cascades)
    }

    /// Makes a field required for new records.
    pub fn required_field(self, field: impl Into<String>) -> Self {
        self.with(Change::RequiredField(field.into()))
    }

    /// Makes a field read-only in the back office.
    pub fn read_only_field(self, field: impl Into<String>) -> Self {
        self.with(Change::ReadOnlyField(field.into()))
    }

    /// Removes the collection, and the relations that lead to it or through it.
    pub fn remove(self) -> Self {
        self.with(Change::Remove)
    }
}
