//! Corrections of the catalogue, as code writes them.
//!
//! Owns the builder methods of [`SqlRecords`] and [`CollectionSetup`]; `corrections` carries them out. They are carried
//! out in the order in which they are written, so each names things as the ones before it left them.

use super::corrections::{self, Change};
use super::{SqlRecords, Storage};
use crate::records::filter::Filter;
use crate::records::model::{RelationModel, ValueType};

impl SqlRecords {
    /// Corrects one collection, by its name: that of its table or view, unless it was renamed before.
    ///
    /// A correction that names something unknown is not carried out: the start is refused with all of them.
    #[must_use]
    pub fn collection(mut self, name: &str, setup: impl FnOnce(CollectionSetup) -> CollectionSetup) -> Self {
        let changes = setup(CollectionSetup::default()).changes;
        let problems = corrections::correct(&mut self.collections, self.pool.has_casts(), name, changes);
        self.problems.extend(problems);
        self
    }

    /// Leaves out all collections but these, and with them the relations that lead to the others or through them.
    #[must_use]
    pub fn only<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        self.problems.extend(corrections::keep(&mut self.collections, &names));
        self
    }

    /// The name by which a live query of the back office may ask for this database.
    #[must_use]
    pub fn connection_name(mut self, name: impl Into<String>) -> Self {
        self.connection_name = Some(name.into());
        self
    }
}

impl super::Pool {
    /// Whether bound texts are cast to the type of their column.
    fn has_casts(&self) -> bool {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => false,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => true,
        }
    }
}

/// What code says of one collection of a [`SqlRecords`], where the database does not say it or says it otherwise.
///
/// Each method names fields and relations as the ones before it left them. A name that does not exist refuses the start.
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

    /// Hides a field: it is not in the schema and not in answers, and no filter, sort or search may name it. Relations
    /// may still be made of it. A field of the key cannot be hidden.
    pub fn hide(self, field: impl Into<String>) -> Self {
        self.with(Change::Hide(field.into()))
    }

    /// Says what a column's values are: for instance moments, which SQLite keeps in a column declared as text.
    ///
    /// The column itself stays of its type. On PostgreSQL a value is compared in that type, so this is for types that the
    /// database compares alike; [`computed`](Self::computed) converts.
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

    /// Says how SQLite keeps a moment, a day or a UUID. Without this the first value of the column tells it when the
    /// program starts, and an empty column is taken for text. PostgreSQL knows and ignores it.
    pub fn storage(self, field: impl Into<String>, storage: Storage) -> Self {
        self.with(Change::Storage(field.into(), storage))
    }

    /// Adds a field whose value is an SQL expression over the columns of this table, such as
    /// `first_name || ' ' || last_name`.
    ///
    /// The expression becomes part of statements as it stands: it must never contain anything that comes from outside
    /// the program. It may be filtered and sorted by, and cannot be written.
    pub fn computed(self, name: impl Into<String>, value_type: ValueType, sql: impl Into<String>) -> Self {
        self.with(Change::Computed(name.into(), value_type, sql.into()))
    }

    /// Adds a segment: the records for which `filter` holds. One of the same name is replaced.
    pub fn segment(self, name: impl Into<String>, filter: Filter) -> Self {
        self.with(Change::Segment(name.into(), filter))
    }

    /// Searches these fields and no others; `relation.field` is looked at by an extended search. An empty list makes the
    /// collection one that cannot be searched.
    pub fn search_fields<I>(self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.with(Change::SearchFields(names.into_iter().map(Into::into).collect()))
    }

    /// Adds a relation that the database does not declare; one of the same name is replaced.
    pub fn relation(self, relation: RelationModel) -> Self {
        self.with(Change::Relation(relation))
    }

    /// Gives a relation another name, here and in the segments and search fields that name it.
    pub fn rename_relation(self, old: impl Into<String>, new: impl Into<String>) -> Self {
        self.with(Change::RenameRelation(old.into(), new.into()))
    }

    /// Leaves out a relation. When it was the only one of a foreign key, that becomes a field like any other.
    pub fn remove_relation(self, name: impl Into<String>) -> Self {
        self.with(Change::RemoveRelation(name.into()))
    }

    /// Names the fields by which records are known, for a view or a table without a key. No two records may have the
    /// same values there, and none may be null: otherwise pages and selections miss records.
    pub fn key<I>(self, fields: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.with(Change::Key(fields.into_iter().map(Into::into).collect()))
    }

    /// `false` answers counts with "deactivated", for tables on which a count takes too long.
    pub fn countable(self, countable: bool) -> Self {
        self.with(Change::Countable(countable))
    }

    /// Offers no creation, update or deletion in the back office.
    pub fn read_only(self) -> Self {
        self.with(Change::ReadOnly)
    }

    /// Makes a field required for new records.
    pub fn required_field(self, field: impl Into<String>) -> Self {
        self.with(Change::RequiredField(field.into()))
    }

    /// Makes a field one that the back office cannot write.
    pub fn read_only_field(self, field: impl Into<String>) -> Self {
        self.with(Change::ReadOnlyField(field.into()))
    }

    /// Leaves the collection out, and with it the relations that lead to it or through it.
    pub fn remove(self) -> Self {
        self.with(Change::Remove)
    }
}
