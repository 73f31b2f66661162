//! The description of a relation between collections.

#[cfg(feature = "sql")]
use super::model::CollectionModel;
use crate::schema::Relationship;

/// A relation: the records of `target` whose `target_key` equals this record's `local_key`, directly or through a
/// third collection.
///
/// ```
/// use forest_actions::records::RelationModel;
///
/// // a foreign key of two columns
/// let loan = RelationModel::belongs_to("loan", "loans", "loan_branch", "branch").and("loan_number", "number");
/// assert_eq!(loan.pairs().count(), 2);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RelationModel {
    /// The name, in filters, in routes and in the schema.
    pub name: String,
    /// To one, or to many.
    pub kind: Relationship,
    /// The collection it leads to.
    pub target: String,
    /// The field of this collection that is compared.
    pub local_key: String,
    /// The field of the target that is compared.
    pub target_key: String,
    /// Further pairs of fields that are compared, of this collection and of the target: the rest of a key of several columns.
    pub more_keys: Vec<(String, String)>,
    /// The collection in between, for many to many.
    pub through: Option<Through>,
    /// The relation of the target that leads back.
    pub inverse_of: Option<String>,
    /// Records cannot be linked by it.
    pub(crate) is_read_only: bool,
}

/// The collection between two others that are many to many.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Through {
    /// Its name.
    pub collection: String,
    /// Its field that equals the `local_key`.
    pub local_key: String,
    /// Its field that equals the `target_key`.
    pub target_key: String,
}

impl RelationModel {
    /// This record holds the other's key: `local_key` here equals `target_key` there.
    pub fn belongs_to(
        name: impl Into<String>,
        target: impl Into<String>,
        local_key: impl Into<String>,
        target_key: impl Into<String>,
    ) -> Self {
        Self::new(name, Relationship::BelongsTo, target, local_key, target_key)
    }

    /// One other record holds this one's key.
    pub fn has_one(
        name: impl Into<String>,
        target: impl Into<String>,
        local_key: impl Into<String>,
        target_key: impl Into<String>,
    ) -> Self {
        Self::new(name, Relationship::HasOne, target, local_key, target_key)
    }

    /// Any number of other records hold this one's key.
    pub fn has_many(
        name: impl Into<String>,
        target: impl Into<String>,
        local_key: impl Into<String>,
        target_key: impl Into<String>,
    ) -> Self {
        Self::new(name, Relationship::HasMany, target, local_key, target_key)
    }

    /// Both sides are many: `through.local_key` equals `local_key` here, `through.target_key` equals `target_key` there.
    pub fn belongs_to_many(
        name: impl Into<String>,
        target: impl Into<String>,
        local_key: impl Into<String>,
        target_key: impl Into<String>,
        through: Through,
    ) -> Self {
        Self {
            through: Some(through),
            ..Self::new(name, Relationship::BelongsToMany, target, local_key, target_key)
        }
    }

    fn new(
        name: impl Into<String>,
        kind: Relationship,
        target: impl Into<String>,
        local_key: impl Into<String>,
        target_key: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            kind,
            target: target.into(),
            local_key: local_key.into(),
            target_key: target_key.into(),
            more_keys: Vec::new(),
            through: None,
            inverse_of: None,
            is_read_only: false,
        }
    }

    /// Compares one more field of this collection with one of the target, for a key of several columns. Such a relation is
    /// read, and records are not linked by it; it cannot lead through a third collection.
    #[must_use]
    pub fn and(mut self, local_key: impl Into<String>, target_key: impl Into<String>) -> Self {
        self.more_keys.push((local_key.into(), target_key.into()));
        self
    }

    /// The compared fields: of this collection, and of the target.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let more = self
            .more_keys
            .iter()
            .map(|(local, target)| (local.as_str(), target.as_str()));
        std::iter::once((self.local_key.as_str(), self.target_key.as_str())).chain(more)
    }

    /// The only compared field of this collection, unless the relation compares several.
    pub(crate) fn only_local_key(&self) -> Option<&str> {
        self.more_keys.is_empty().then_some(self.local_key.as_str())
    }

    /// Returns `true` if the compared fields of the target are its key.
    #[cfg(feature = "sql")]
    pub(crate) fn compares_key_of(&self, target: &CollectionModel) -> bool {
        target.key.len() == self.pairs().count()
            && target
                .key
                .iter()
                .all(|part| self.pairs().any(|(_, compared)| compared == part))
    }

    /// Names the relation of the target that leads back.
    #[must_use]
    pub fn inverse_of(mut self, name: impl Into<String>) -> Self {
        self.inverse_of = Some(name.into());
        self
    }

    /// Returns `true` for relations to any number of records.
    #[must_use]
    pub fn is_to_many(&self) -> bool {
        self.kind.is_to_many()
    }
}

impl Through {
    /// The collection in between, and its two fields.
    pub fn new(collection: impl Into<String>, local_key: impl Into<String>, target_key: impl Into<String>) -> Self {
        Self {
            collection: collection.into(),
            local_key: local_key.into(),
            target_key: target_key.into(),
        }
    }
}
