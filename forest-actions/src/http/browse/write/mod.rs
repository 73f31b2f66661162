//! The routes that write records: create, update, delete, and the links between records (protocol: write routes).
//!
//! [`Write::of`] tells which changes a path takes; [`serve`] lists the steps of a request. All changes of a request happen in
//! one transaction, through [`Writer`], which finds each row within the caller's scope before it changes it, and again after.

mod attributes;
mod body;
mod element;
mod error;
mod links;
mod selected;
mod writer;

pub(crate) use error::WriteError;

use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse};

use self::body::RecordBody;
use self::links::Link;
use self::writer::Writer;
use super::error::BrowseError;
use super::handlers::{answered, key_of};
use super::parameters::Parameters;
use super::route::{Browse, Listing};
use super::{json_api, projection};
use crate::audit::{AuditOperation, ChangeRecorder};
use crate::http::admission::{BodyKind, admit};
use crate::http::call_log::CallLog;
use crate::http::context::Shared;
use crate::http::record::surface;
#[cfg(feature = "playground")]
use crate::records::RelationModel;
use crate::records::{
    CollectionModel, Condition, Key, Models, Page, Projection, RecordAccess, RecordQuery, RecordStore,
};
use crate::request::{Selected, read_body, selected_in};
use crate::response::ActionError;
use crate::rights::BrowseRight;

/// A change that a path takes with one method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Write {
    Create,
    Update,
    DeleteOne,
    DeleteMany,
    /// Sets or clears a relation to one record.
    SetLink,
    AddLinks,
    RemoveLinks,
    /// Changes one element of a list field.
    SetElement,
}

impl Write {
    /// The change that a method makes at a path, if the collection and the relation are writable.
    pub(super) fn of(store: &RecordStore, browse: &Browse, method: &Method) -> Option<Self> {
        let mut taken = Self::taken(store, browse).into_iter();
        taken.find(|(known, _)| known == method).map(|(_, write)| write)
    }

    /// The changes that a path takes.
    pub(super) fn taken(store: &RecordStore, browse: &Browse) -> Vec<(Method, Self)> {
        let writable = browse.collection().and_then(|name| store.writable.get(name));
        let (Some(writable), Some(model)) = (writable, browse.collection().and_then(|name| store.models.get(name)))
        else {
            return Vec::new();
        };
        let given = |allowed: bool, change: (Method, Self)| allowed.then_some(change);
        let taken: Vec<Option<(Method, Self)>> = match browse {
            Browse::List { .. } => vec![
                given(writable.creates, (Method::POST, Self::Create)),
                given(writable.deletes, (Method::DELETE, Self::DeleteMany)),
            ],
            Browse::One { .. } => vec![
                given(writable.updates, (Method::PUT, Self::Update)),
                given(writable.deletes, (Method::DELETE, Self::DeleteOne)),
            ],
            Browse::Related {
                relation,
                what: Listing::List,
                ..
            } => {
                let relation = model.find_relation(relation).filter(|relation| !relation.is_read_only);
                match relation.map(|relation| relation.is_to_many()) {
                    Some(true) => vec![
                        Some((Method::POST, Self::AddLinks)),
                        Some((Method::DELETE, Self::RemoveLinks)),
                    ],
                    Some(false) => vec![Some((Method::PUT, Self::SetLink))],
                    None => Vec::new(),
                }
            }
            Browse::Element { field, .. } => {
                let field = model
                    .find_field(field)
                    .filter(|field| !field.is_read_only && !field.is_hidden);
                vec![given(
                    writable.updates && field.is_some(),
                    (Method::PUT, Self::SetElement),
                )]
            }
            _ => Vec::new(),
        };
        taken.into_iter().flatten().collect()
    }

    fn has_body(self) -> bool {
        self != Self::DeleteOne
    }

    /// The operation of a refusal in the audit trail.
    fn refused(self) -> AuditOperation {
        match self {
            Self::Create => AuditOperation::CreateRefused,
            Self::DeleteOne | Self::DeleteMany => AuditOperation::DeleteRefused,
            _ => AuditOperation::UpdateRefused,
        }
    }
}

/// The rights that linking records by a relation needs, or unlinking them.
#[cfg(feature = "playground")]
pub(crate) fn link_rights<'r>(
    owner: &'r CollectionModel,
    relation: &'r RelationModel,
    unlinks: bool,
) -> Vec<(&'r str, BrowseRight)> {
    let write = match unlinks {
        true => Write::RemoveLinks,
        false => Write::AddLinks,
    };
    links::rights_of(owner, relation, write, false)
}

/// Answers a request that writes.
///
/// 1. the caller is admitted, and the query string parsed;
/// 2. the right on the collection whose rows change is checked, before the body is read;
/// 3. the body is parsed, and its values checked;
/// 4. a transaction finds the rows within the scope, runs the rules of the program, and changes them;
/// 5. the rows have to be within the scope afterwards as well;
/// 6. the changes are recorded in the audit trail, and kept.
pub(super) async fn serve(
    shared: &Shared,
    models: &Models,
    req: &HttpRequest,
    payload: &mut Payload,
    browse: &Browse,
    write: Write,
    log: &CallLog,
) -> Result<HttpResponse, ActionError> {
    let kind = match write.has_body() {
        true => BodyKind::Json,
        false => BodyKind::Unread,
    };
    let caller = admit(shared, req, kind).await?;
    log.caller(&caller.id);
    let parameters = Parameters::parse(req.query_string())?;
    let Some(name) = browse.collection() else {
        return Err(BrowseError::ReadOnly.into());
    };
    let Some(access) = shared.access(&caller, name, browse.target(models)).await? else {
        return Err(ActionError::internal("writing without a record source"));
    };
    let collection = access.collection(name)?;
    let request = Request {
        shared,
        access: &access,
        collection,
        browse,
        parameters: &parameters,
        query_string: req.query_string(),
    };
    let recorder = shared.audit().map(|trail| {
        let address = shared.checked_address(req);
        ChangeRecorder::new(trail, &caller, log.correlation(), log.started(), surface(req), address)
    });
    let mut body = bytes::Bytes::new();
    let mut writer = Writer::new(shared, &access, recorder);
    let steps = async {
        request.require_rights(write).await?;
        if write.has_body() {
            body = read_body(req, payload, shared.config().body_limit).await?;
        }
        request.change(&mut writer, write, &body).await
    };
    let (error, recorder) = match steps.await {
        Ok(answer) => match writer.commit().await {
            Ok(()) => return Ok(answer),
            Err(failed) => failed,
        },
        Err(error) => (error, writer.rollback().await),
    };
    if let Some(recorder) = recorder {
        let ids = request.refused_ids(write, &body);
        recorder.refused(write.refused(), &collection.name, ids, &error).await;
    }
    Err(error)
}

/// One request.
#[derive(Clone, Copy)]
struct Request<'r> {
    shared: &'r Shared,
    access: &'r RecordAccess,
    collection: &'r CollectionModel,
    browse: &'r Browse,
    parameters: &'r Parameters,
    query_string: &'r str,
}

impl<'r> Request<'r> {
    async fn require(&self, collection: &str, right: BrowseRight) -> Result<(), ActionError> {
        let rights = self.shared.rights();
        Ok(rights.browse(&self.access.caller, collection, right).await?)
    }

    async fn require_rights(&self, write: Write) -> Result<(), ActionError> {
        let own = &self.collection.name;
        match write {
            Write::Create => self.require(own, BrowseRight::Add).await,
            Write::Update | Write::SetElement => self.require(own, BrowseRight::Edit).await,
            Write::DeleteOne | Write::DeleteMany => self.require(own, BrowseRight::Delete).await,
            Write::SetLink | Write::AddLinks | Write::RemoveLinks => {
                let link = self.link()?;
                self.require(own, BrowseRight::Read).await?;
                let deletes = write == Write::RemoveLinks && links::deletes(self.query_string)?;
                for (changed, right) in link.rights(write, deletes) {
                    self.require(changed, right).await?;
                }
                Ok(())
            }
        }
    }

    /// The relation of the path, if the caller may see it.
    fn link(&self) -> Result<Link<'r>, ActionError> {
        let Browse::Related { relation, .. } = self.browse else {
            return Err(BrowseError::ReadOnly.into());
        };
        Link::of(self.access, self.collection, relation)
    }

    /// The ids of the records of a refused request, as they were sent.
    fn refused_ids(&self, write: Write, body: &[u8]) -> Vec<String> {
        match self.browse {
            Browse::One { id, .. } | Browse::Related { id, .. } | Browse::Element { id, .. } => vec![id.clone()],
            _ if write == Write::DeleteMany => match selected_in(body) {
                Ok((Selected::Given(ids), _)) => ids.into_iter().map(|id| id.0).collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// The key in the path.
    fn key(&self) -> Result<Key, BrowseError> {
        match self.browse {
            Browse::One { id, .. } | Browse::Related { id, .. } | Browse::Element { id, .. } => {
                key_of(self.collection, id)
            }
            _ => Err(BrowseError::ReadOnly),
        }
    }

    async fn change(&self, writer: &mut Writer<'r>, write: Write, body: &[u8]) -> Result<HttpResponse, ActionError> {
        match write {
            Write::Create => self.create(writer, RecordBody::parse(body)?).await,
            Write::Update => self.update(writer, RecordBody::parse(body)?).await,
            Write::SetElement => self.set_element(writer, body).await,
            Write::DeleteOne => {
                let key = writer.one(self.collection, self.key()?).await?;
                writer.delete(self.collection, &[key]).await?;
                Ok(done())
            }
            Write::DeleteMany => {
                let keys = self.selected(writer, body).await?;
                let deleted = writer.delete(self.collection, &keys).await?;
                Ok(counted(deleted))
            }
            Write::SetLink | Write::AddLinks | Write::RemoveLinks => {
                self.change_links(writer, self.link()?, write, body).await
            }
        }
    }

    async fn create(&self, writer: &mut Writer<'r>, body: RecordBody) -> Result<HttpResponse, ActionError> {
        let (mut draft, links) = self.new_record(&body)?;
        for (link, _) in &links.others {
            for (changed, right) in link.rights(Write::AddLinks, false) {
                self.require(changed, right).await?;
            }
        }
        let may_read = self.may_read().await;
        self.add_references(writer, &mut draft, &links.to_one).await?;
        let key = writer.create(self.collection, draft).await?;
        for (link, ids) in links.others {
            writer.link_all(&key, link, &ids).await?;
        }
        self.answer(writer, key, may_read).await
    }

    /// The relationships of an update are ignored: the back office sends those that it did not touch as null, and changes
    /// others by their own routes before.
    async fn update(&self, writer: &mut Writer<'r>, body: RecordBody) -> Result<HttpResponse, ActionError> {
        let (draft, key) = (self.changed_record(&body)?, self.key()?);
        let may_read = self.may_read().await;
        let key = writer.one(self.collection, key).await?;
        if draft.is_empty() {
            return self.answer(writer, key, may_read).await;
        }
        let keys = writer.update(self.collection, &[key], draft).await?;
        let changed = keys.into_iter().next();
        let key = changed.ok_or_else(|| ActionError::internal("a changed record has no key"))?;
        self.answer(writer, key, may_read).await
    }

    async fn may_read(&self) -> bool {
        self.require(&self.collection.name, BrowseRight::Read).await.is_ok()
    }

    /// The record as `GET` shows it; only its id for a role that may not read.
    async fn answer(&self, writer: &mut Writer<'r>, key: Key, may_read: bool) -> Result<HttpResponse, ActionError> {
        let projection = match may_read {
            true => projection::of_one(self.access.models(), self.collection, self.parameters),
            false => Projection::default(),
        };
        let page = Page {
            limit: 1,
            projection,
            ..Page::default()
        };
        let query = RecordQuery::new(&self.collection.name, Condition::KeyIn(vec![key]));
        let records = writer.records(&query, &page).await?;
        let record = records.first().ok_or(WriteError::OutOfScope)?;
        let document = json_api::one(self.access.models(), self.collection, record, &page.projection);
        Ok(answered(document.map_err(ActionError::internal)?))
    }
}

/// 204.
fn done() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

/// 204, with the number of deleted records.
fn counted(deleted: u64) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-forest-deleted", deleted))
        .finish()
}
