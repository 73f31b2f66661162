//! The attributes and relationships of a body, as the draft of a record. All problems are reported at once.

use serde_json::Value as Json;

use super::body::{Linkage, RecordBody};
use super::error::WriteError;
use super::links::Link;
use super::writer::Writer;
use super::{Request, body};
use crate::form::FormError;
use crate::records::{Draft, FieldModel, PackedId, QueryError, RelationModel, written};
use crate::response::ActionError;
use crate::schema::Relationship;

/// The relationships of a new record.
#[derive(Default)]
pub(super) struct NewLinks<'r> {
    /// Relations whose foreign key is of the record itself; `None` for null.
    pub(super) to_one: Vec<(Link<'r>, Option<PackedId>)>,
    /// Relations whose rows are elsewhere: they are linked once the record exists.
    pub(super) others: Vec<(Link<'r>, Vec<PackedId>)>,
}

impl<'r> Request<'r> {
    /// The draft of a new record. Null means the default of a field, also where the caller may not write it: a form sends all
    /// of its fields.
    pub(super) fn new_record(&self, body: &RecordBody) -> Result<(Draft, NewLinks<'r>), ActionError> {
        let mut draft = Draft::new();
        let mut problems = Vec::new();
        for (name, json) in &body.attributes {
            let field = self.field(name)?;
            if json.is_null() {
                continue;
            }
            self.set(&mut draft, self.writable(field)?, json, &mut problems);
        }
        let links = self.new_links(body)?;
        let is_linked = |field: &FieldModel| {
            let mut to_one = links.to_one.iter();
            to_one.any(|(link, id)| id.is_some() && link.relation.local_key == field.name)
        };
        for field in &self.collection.fields {
            let is_missing = field.is_required
                && field.default_value.is_null()
                && !draft.has(&field.name)
                && !is_linked(field)
                && !problems.iter().any(|(name, _)| *name == field.name);
            if is_missing {
                problems.push((self.label(field), "is required".to_owned()));
            }
        }
        refuse(problems)?;
        Ok((draft, links))
    }

    /// The draft of a change. Null clears a field.
    pub(super) fn changed_record(&self, body: &RecordBody) -> Result<Draft, ActionError> {
        let mut draft = Draft::new();
        let mut problems = Vec::new();
        for (name, json) in &body.attributes {
            let field = self.writable(self.field(name)?)?;
            if json.is_null() && (!field.is_nullable || field.is_required) {
                problems.push((self.label(field), "is required".to_owned()));
                continue;
            }
            self.set(&mut draft, field, json, &mut problems);
        }
        refuse(problems)?;
        Ok(draft)
    }

    fn set(&self, draft: &mut Draft, field: &FieldModel, json: &Json, problems: &mut Vec<(String, String)>) {
        match written(field, json) {
            Ok(value) => draft.put(field.name.clone(), value),
            Err(problem) => problems.push((self.label(field), problem)),
        }
    }

    /// The name under which the back office knows a field: a foreign key is known by its relation.
    fn label(&self, field: &FieldModel) -> String {
        let mut relations = self.collection.relations.iter();
        let relation = relations.find(|relation| {
            field.is_foreign_key
                && relation.kind == Relationship::BelongsTo
                && relation.only_local_key() == Some(&field.name)
        });
        relation.map_or_else(|| field.name.clone(), |relation| relation.name.clone())
    }

    /// The field of an attribute. Two names are reserved by the readers of the protocol.
    fn field(&self, name: &str) -> Result<&'r FieldModel, QueryError> {
        let name = match name {
            "namespacemeta" if self.collection.find_field("meta").is_some() => "meta",
            "namespaceattributes" if self.collection.find_field("attributes").is_some() => "attributes",
            other => other,
        };
        let found = self.collection.find_field(name).filter(|field| !field.is_hidden);
        found.ok_or_else(|| QueryError::UnknownField {
            collection: self.collection.name.clone(),
            field: name.to_owned(),
            available: self.writable_fields(),
        })
    }

    pub(super) fn writable(&self, field: &'r FieldModel) -> Result<&'r FieldModel, WriteError> {
        match field.is_read_only {
            false => Ok(field),
            true => Err(WriteError::NotWritable {
                collection: self.collection.name.clone(),
                field: field.name.clone(),
                available: self.writable_fields(),
            }),
        }
    }

    fn writable_fields(&self) -> Vec<String> {
        let fields = self.collection.fields.iter();
        fields
            .filter(|field| !field.is_read_only && !field.is_hidden)
            .map(|field| field.name.clone())
            .collect()
    }

    fn new_links(&self, body: &RecordBody) -> Result<NewLinks<'r>, ActionError> {
        let mut links = NewLinks::default();
        for (name, json) in &body.relationships {
            let place = format!("data.relationships.{name}.data");
            let Some(data) = json.get("data") else { continue };
            let linkage = Linkage::of(data, &place)?;
            let link = Link::of(self.access, self.collection, name)?;
            let is_empty = match &linkage {
                Linkage::Nothing => true,
                Linkage::One(_) => false,
                Linkage::Many(ids) => ids.is_empty(),
            };
            if is_empty {
                continue;
            }
            link.require_writable()?;
            match (linkage, link.is_to_many()) {
                (Linkage::One(id), false) if link.relation.kind == Relationship::BelongsTo => {
                    links.to_one.push((link, Some(id)));
                }
                (Linkage::One(id), false) => links.others.push((link, vec![id])),
                (Linkage::Many(ids), true) => links.others.push((link, ids)),
                _ => return Err(body::invalid(&format!("`{place}` must fit the kind of the relation")).into()),
            }
        }
        Ok(links)
    }

    /// Sets the foreign keys of a draft to records within the scope.
    pub(super) async fn add_references(
        &self,
        writer: &mut Writer<'r>,
        draft: &mut Draft,
        links: &[(Link<'r>, Option<PackedId>)],
    ) -> Result<(), ActionError> {
        for (link, id) in links {
            let RelationModel { local_key, .. } = link.relation;
            match id {
                None => draft.clear(local_key),
                Some(id) => {
                    let value = writer.referred(*link, id).await?;
                    draft.put(local_key.clone(), Some(value));
                }
            }
        }
        Ok(())
    }
}

fn refuse(problems: Vec<(String, String)>) -> Result<(), FormError> {
    match problems.is_empty() {
        true => Ok(()),
        false => Err(FormError::fields(problems)),
    }
}
