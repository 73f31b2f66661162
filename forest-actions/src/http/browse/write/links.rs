//! Links between records: the foreign key of one of them, or a record of the collection between both.

use actix_web::HttpResponse;

use super::body::Linkage;
use super::error::WriteError;
use super::selected::with_keys;
use super::writer::{Writer, gone};
use super::{Request, Write, body, counted, done};
use crate::http::browse::error::BrowseError;
use crate::records::{
    CollectionModel, Condition, Draft, FieldPath, Key, PackedId, Parent, QueryError, RecordAccess, RecordQuery,
    RelationModel, Test, Through, Value,
};
use crate::request::selected_in;
use crate::response::ActionError;
use crate::rights::BrowseRight;
use crate::schema::Relationship;

/// A relation of a collection, with the collections whose rows change.
#[derive(Clone, Copy)]
pub(super) struct Link<'r> {
    pub(super) owner: &'r CollectionModel,
    pub(super) relation: &'r RelationModel,
    pub(super) target: &'r CollectionModel,
    through: Option<(&'r CollectionModel, &'r Through)>,
}

impl<'r> Link<'r> {
    /// # Errors
    /// 404 for a relation that does not exist, or that the caller may not see.
    pub(super) fn of(access: &'r RecordAccess, owner: &'r CollectionModel, name: &str) -> Result<Self, ActionError> {
        let Some(relation) = owner.find_relation(name) else {
            return Err(BrowseError::NoRelation {
                collection: owner.name.clone(),
                relation: name.to_owned(),
                available: owner.relations.iter().map(|relation| relation.name.clone()).collect(),
            }
            .into());
        };
        let through = match &relation.through {
            Some(through) => Some((access.collection(&through.collection)?, through)),
            None => None,
        };
        Ok(Self {
            owner,
            relation,
            target: access.collection(&relation.target)?,
            through,
        })
    }

    pub(super) fn is_to_many(&self) -> bool {
        self.relation.is_to_many()
    }

    pub(super) fn require_writable(&self) -> Result<(), WriteError> {
        match self.relation.is_read_only {
            false => Ok(()),
            true => Err(WriteError::NotWritable {
                collection: self.owner.name.clone(),
                field: self.relation.name.clone(),
                available: Vec::new(),
            }),
        }
    }

    /// The rights that a change of links needs, on the collections whose rows change.
    pub(super) fn rights(&self, write: Write, deletes: bool) -> Vec<(&'r str, BrowseRight)> {
        rights_of(self.owner, self.relation, write, deletes)
    }

    /// The relation back, of a relation over a collection in between.
    pub(super) fn inverse(&self) -> Option<&'r RelationModel> {
        let (_, own) = self.through?;
        let is_inverse = |relation: &&RelationModel| match &relation.through {
            Some(through) => {
                relation.target == self.owner.name
                    && through.collection == own.collection
                    && through.local_key == own.target_key
                    && through.target_key == own.local_key
            }
            None => false,
        };
        self.target.relations.iter().find(is_inverse)
    }

    fn parent(&self, key: &Key) -> Parent {
        Parent::new(&self.owner.name, key.clone(), &self.relation.name)
    }

    /// The condition that a record of the target refers to this value.
    fn refers_to(&self, value: &Value) -> Condition {
        Condition::Field(FieldPath::own(&self.relation.target_key), Test::Equal(value.clone()))
    }
}

/// The rights that a change of links needs, on the collections whose rows change.
pub(super) fn rights_of<'r>(
    owner: &'r CollectionModel,
    relation: &'r RelationModel,
    write: Write,
    deletes: bool,
) -> Vec<(&'r str, BrowseRight)> {
    let target = relation.target.as_str();
    let on_target = if deletes {
        BrowseRight::Delete
    } else {
        BrowseRight::Edit
    };
    if let Some(through) = &relation.through {
        let on_between = match write {
            Write::RemoveLinks => BrowseRight::Delete,
            _ => BrowseRight::Add,
        };
        return vec![(target, on_target), (&through.collection, on_between)];
    }
    match relation.kind {
        Relationship::BelongsTo => vec![(&owner.name, BrowseRight::Edit)],
        _ => vec![(target, on_target)],
    }
}

/// The parameter `delete` of a request that unlinks.
pub(super) fn deletes(query_string: &str) -> Result<bool, WriteError> {
    let pairs = url::form_urlencoded::parse(query_string.as_bytes());
    match pairs.filter(|(name, _)| name == "delete").last() {
        None => Ok(false),
        Some((_, value)) => match &*value {
            "true" | "1" => Ok(true),
            "false" | "0" | "" => Ok(false),
            _ => Err(WriteError::InvalidFlag),
        },
    }
}

impl<'r> Request<'r> {
    pub(super) async fn change_links(
        &self,
        writer: &mut Writer<'r>,
        link: Link<'r>,
        write: Write,
        body: &[u8],
    ) -> Result<HttpResponse, ActionError> {
        if write == Write::RemoveLinks {
            return self.remove_links(writer, link, body).await;
        }
        let ids = match (write, Linkage::parse(body)?) {
            (Write::SetLink, Linkage::Nothing) => Vec::new(),
            (Write::SetLink, Linkage::One(id)) => vec![id],
            (Write::AddLinks, Linkage::Many(ids)) => ids,
            (Write::SetLink, Linkage::Many(_)) => {
                return Err(
                    body::invalid("`data` must be one record or null, because the relation leads to one").into(),
                );
            }
            _ => {
                return Err(
                    body::invalid("`data` must be a list of records, because the relation leads to many").into(),
                );
            }
        };
        let at_most = self.limit(link.target);
        if write == Write::AddLinks && u64::try_from(ids.len()).is_ok_and(|count| count > at_most) {
            return Err(WriteError::TooMany { at_most }.into());
        }
        let key = writer.one(self.collection, self.key()?).await?;
        writer.link_all(&key, link, &ids).await?;
        Ok(done())
    }

    async fn remove_links(
        &self,
        writer: &mut Writer<'r>,
        link: Link<'r>,
        body: &[u8],
    ) -> Result<HttpResponse, ActionError> {
        let deletes = deletes(self.query_string)?;
        let selected = selected_in(body)?;
        let key = writer.one(self.collection, self.key()?).await?;
        let parent = link.parent(&key);
        let at_most = self.limit(link.target);
        let chosen = self
            .select(writer, link.target, selected, Some(parent), at_most)
            .await?;
        let linked = writer.linked(link, &key, chosen).await?;
        if linked.is_empty() {
            return Ok(counted(0));
        }
        if let Some((between, through)) = link.through {
            writer.unlink_between(link, (between, through), &key, &linked).await?;
        }
        if deletes {
            let deleted = writer.delete(link.target, &linked).await?;
            return Ok(counted(deleted));
        }
        if link.through.is_none() {
            let mut draft = Draft::new();
            draft.clear(&link.relation.target_key);
            writer.update(link.target, &linked, draft).await?;
        }
        Ok(counted(0))
    }
}

impl<'r> Writer<'r> {
    /// Links one record to others; a relation to one is cleared by none.
    pub(super) async fn link_all(&mut self, key: &Key, link: Link<'r>, ids: &[PackedId]) -> Result<(), ActionError> {
        match link.is_to_many() {
            true => self.add_links(link, key, ids).await,
            false => self.set_link(link, key, ids.first()).await,
        }
    }

    /// Those of the records that are linked to a parent.
    async fn linked(&mut self, link: Link<'r>, parent: &Key, keys: Vec<Key>) -> Result<Vec<Key>, QueryError> {
        if keys.is_empty() {
            return Ok(keys);
        }
        let limit = keys.len().saturating_mul(2);
        let condition = with_keys(keys).and(Condition::LinkedTo(link.parent(parent)));
        self.keys(&RecordQuery::new(&link.target.name, condition), limit).await
    }

    /// Sets or clears a relation to one record.
    async fn set_link(&mut self, link: Link<'r>, key: &Key, id: Option<&PackedId>) -> Result<(), ActionError> {
        if link.relation.kind == Relationship::BelongsTo {
            let mut draft = Draft::new();
            match id {
                None => draft.clear(&link.relation.local_key),
                Some(id) => {
                    let value = self.referred(link, id).await?;
                    draft.put(link.relation.local_key.clone(), Some(value));
                }
            }
            self.update(link.owner, std::slice::from_ref(key), draft).await?;
            return Ok(());
        }
        let value = self.value(link.owner, key, &link.relation.local_key).await?;
        let wanted = match id {
            None => None,
            Some(id) => Some(self.all(link.target, std::slice::from_ref(id)).await?),
        };
        let wanted = wanted.unwrap_or_default();
        // the former holders of the place
        let refers = RecordQuery::new(&link.target.name, link.refers_to(&value));
        let former = self.keys(&refers, 2).await?;
        let former: Vec<Key> = former.into_iter().filter(|key| !wanted.contains(key)).collect();
        if !former.is_empty() {
            let count = former.len();
            let seen = self.some(link.target, former).await?;
            if seen.len() < count {
                let relation = link.relation.name.clone();
                return Err(WriteError::PlaceTaken { relation }.into());
            }
            let mut draft = Draft::new();
            draft.clear(&link.relation.target_key);
            self.update(link.target, &seen, draft).await?;
        }
        if !wanted.is_empty() {
            let mut draft = Draft::new();
            draft.put(link.relation.target_key.clone(), Some(value));
            self.update(link.target, &wanted, draft).await?;
        }
        Ok(())
    }

    /// Links records to one; those that are linked already stay as they are.
    async fn add_links(&mut self, link: Link<'r>, key: &Key, ids: &[PackedId]) -> Result<(), ActionError> {
        if ids.is_empty() {
            return Ok(());
        }
        let found = self.all(link.target, ids).await?;
        let linked = self.linked(link, key, found.clone()).await?;
        let new: Vec<Key> = found.into_iter().filter(|key| !linked.contains(key)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let value = self.value(link.owner, key, &link.relation.local_key).await?;
        let Some((between, through)) = link.through else {
            let mut draft = Draft::new();
            draft.put(link.relation.target_key.clone(), Some(value));
            self.update(link.target, &new, draft).await?;
            return Ok(());
        };
        for other in &new {
            let other = self.value(link.target, other, &link.relation.target_key).await?;
            let mut draft = Draft::new();
            draft.put(through.local_key.clone(), Some(value.clone()));
            draft.put(through.target_key.clone(), Some(other));
            self.create(between, draft).await?;
        }
        self.record_link(link, "added", key, &new);
        Ok(())
    }

    /// Deletes the records between one and others.
    async fn unlink_between(
        &mut self,
        link: Link<'r>,
        (between, through): (&'r CollectionModel, &'r Through),
        key: &Key,
        others: &[Key],
    ) -> Result<(), ActionError> {
        let value = self.value(link.owner, key, &link.relation.local_key).await?;
        let mut values = Vec::with_capacity(others.len());
        for other in others {
            values.push(self.value(link.target, other, &link.relation.target_key).await?);
        }
        let is = |field: &str, test| Condition::Field(FieldPath::own(field), test);
        let condition = is(&through.local_key, Test::Equal(value)).and(is(&through.target_key, Test::In(values)));
        let query = RecordQuery::new(&between.name, condition);
        // two records may be linked more than once
        let limit = others.len().saturating_mul(2).saturating_add(100);
        let rows = self.keys(&query, limit).await?;
        if rows.len() == limit {
            return Err(WriteError::TooMany { at_most: limit as u64 }.into());
        }
        let count = rows.len();
        let missing = rows.first().map(Key::to_string).unwrap_or_default();
        let seen = self.some(between, rows).await?;
        if seen.len() < count {
            return Err(gone(between, missing).into());
        }
        self.delete(between, &seen).await?;
        self.record_link(link, "removed", key, others);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_true_and_1_delete() {
        for (query, expected) in [
            ("", Some(false)),
            ("delete=true", Some(true)),
            ("delete=1", Some(true)),
            ("delete=false", Some(false)),
            ("delete=0", Some(false)),
            ("delete=", Some(false)),
            ("delete=yes", None),
            ("delete=TRUE", None),
            ("delete=1&delete=false", Some(false)),
        ] {
            assert_eq!(deletes(query).ok(), expected, "{query}");
        }
    }
}
