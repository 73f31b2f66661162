//! Answers browsing requests: right, condition, reading, document. Lists of collections and of relations take the same steps.

use actix_web::HttpResponse;
use actix_web::http::header;
use chrono_tz::Tz;
use serde_json::json;

use super::csv::{columns, has_moments};
use super::error::BrowseError;
use super::export::Export;
use super::parameters::Parameters;
use super::route::{Browse, Listing};
use super::{highlight, json_api, projection};
use crate::records::{CollectionModel, Condition, Key, Page, Parent, QueryError, RecordAccess, RecordQuery};
use crate::response::ActionError;
use crate::rights::{BrowseRight, Rights};

/// Answers a browsing request. Exports begin with a byte order mark if `has_mark`.
///
/// # Errors
/// 403 when the caller lacks the right, 404 for a record or relation that does not exist, 400 for a malformed id or
/// parameter, 422 for an operation that the store does not support, internal when reading fails.
pub(super) async fn answer(
    access: &RecordAccess,
    rights: &Rights,
    browse: &Browse,
    parameters: &Parameters,
    has_mark: bool,
) -> Result<HttpResponse, ActionError> {
    let (collection, link, what) = match browse {
        Browse::List { collection } => (access.collection(collection)?, Condition::always(), Listing::List),
        Browse::Count { collection } => (access.collection(collection)?, Condition::always(), Listing::Count),
        Browse::Csv { collection } => (access.collection(collection)?, Condition::always(), Listing::Csv),
        Browse::One { collection, id } => {
            return one(access, rights, access.collection(collection)?, id, parameters).await;
        }
        Browse::Related {
            collection,
            id,
            relation,
            what,
        } => {
            let parent = access.collection(collection)?;
            rights.browse(&access.caller, &parent.name, BrowseRight::Read).await?;
            let (target, link) = related(access, parent, id, relation)?;
            if let Condition::LinkedTo(link) = &link {
                access.check_parent(link).await?;
            }
            let link = within_scope(access, parent, link).await?;
            (target, link, *what)
        }
        // answered by `steps`, because it has a body, and by `write`
        Browse::Capabilities | Browse::Element { .. } => {
            return Err(ActionError::internal("this route is answered before"));
        }
    };
    let right = match what {
        Listing::List | Listing::Count => BrowseRight::Browse,
        Listing::Csv => BrowseRight::Export,
    };
    rights.browse(&access.caller, &collection.name, right).await?;
    if what == Listing::Count && !collection.is_countable {
        return Ok(answered(br#"{"meta":{"count":"deactivated"}}"#.to_vec()));
    }
    let listed = access.list(collection, &parameters.list)?;
    let query = RecordQuery::new(&collection.name, link.and(listed.condition));
    match what {
        Listing::List => list(access, collection, query, &listed.searched, parameters).await,
        Listing::Count => {
            let count = access
                .store
                .source
                .count(&query, None)
                .await
                .map_err(QueryError::from)?;
            Ok(answered(json!({ "count": count }).to_string().into_bytes()))
        }
        Listing::Csv => {
            let chosen = columns(access.models(), collection, parameters)?;
            let source = access.store.source.clone();
            let zone = parameters.list.zone().unwrap_or(access.caller.zone());
            let timezone = match zone {
                Err(name) if has_moments(&chosen.0) => return Err(QueryError::unknown_zone(name).into()),
                zone => zone.unwrap_or(Tz::UTC),
            };
            let has_key = !collection.key.is_empty();
            let export = Export::new(source, query, chosen, timezone, has_key)
                .with_null_keys(collection)
                .with_mark(has_mark);
            let name = parameters.filename.as_deref().unwrap_or(&collection.name);
            export.answer(name, parameters.header.as_deref(), access.now).await
        }
    }
}

async fn list(
    access: &RecordAccess,
    collection: &CollectionModel,
    query: RecordQuery,
    searched: &[String],
    parameters: &Parameters,
) -> Result<HttpResponse, ActionError> {
    let sort = match &parameters.sort {
        Some(text) => access.resolver().sort(collection, text)?,
        None => Vec::new(),
    };
    let (offset, limit) = parameters.page()?;
    let page = Page {
        sort,
        offset,
        limit,
        projection: projection::of_list(access.models(), collection, parameters),
        after: None,
    };
    let records = access
        .store
        .source
        .records(&query, &page)
        .await
        .map_err(QueryError::from)?;
    let decorators = parameters
        .list
        .search
        .as_deref()
        .and_then(|text| highlight::decorators(&records, searched, text));
    let document = json_api::list(access.models(), collection, &records, &page.projection, decorators);
    Ok(answered(document.map_err(ActionError::internal)?))
}

async fn one(
    access: &RecordAccess,
    rights: &Rights,
    collection: &CollectionModel,
    id: &str,
    parameters: &Parameters,
) -> Result<HttpResponse, ActionError> {
    rights
        .browse(&access.caller, &collection.name, BrowseRight::Read)
        .await?;
    let key = key_of(collection, id)?;
    let written = key.to_string();
    let condition = Condition::KeyIn(key.spellings()).and(access.scope(collection)?);
    let page = Page {
        // a store with UUIDs as texts may hold two spellings; a third record has the key of another
        limit: 3,
        projection: projection::of_one(access.models(), collection, parameters),
        ..Page::default()
    };
    let query = RecordQuery::new(&collection.name, condition);
    let records = access
        .store
        .source
        .records(&query, &page)
        .await
        .map_err(QueryError::from)?;
    let as_written: Vec<_> = records
        .iter()
        .filter(|record| record.key.to_string() == written)
        .collect();
    let record = match (as_written.as_slice(), records.as_slice()) {
        (&[only], _) | ([], [only]) => only,
        ([], []) => {
            let (collection, id) = (collection.name.clone(), id.to_owned());
            return Err(BrowseError::NoRecord { collection, id }.into());
        }
        _ => return Err(QueryError::KeyNotUnique(collection.name.clone()).into()),
    };
    let document = json_api::one(access.models(), collection, record, &page.projection);
    Ok(answered(document.map_err(ActionError::internal)?))
}

/// The target of a to-many relation, and the condition that its records are linked to this parent.
fn related<'a>(
    access: &'a RecordAccess,
    parent: &CollectionModel,
    id: &str,
    relation: &str,
) -> Result<(&'a CollectionModel, Condition), ActionError> {
    let Some(relation) = parent.find_relation(relation).filter(|relation| relation.is_to_many()) else {
        let error = BrowseError::NoRelation {
            collection: parent.name.clone(),
            relation: relation.to_owned(),
            available: parent
                .relations
                .iter()
                .filter(|relation| relation.is_to_many())
                .map(|relation| relation.name.clone())
                .collect(),
        };
        return Err(error.into());
    };
    let target = access.collection(&relation.target)?;
    let link = Parent::new(&parent.name, key_of(parent, id)?, &relation.name);
    Ok((target, Condition::LinkedTo(link)))
}

/// The same condition, or one that never holds when the parent is outside of the caller's scope: its list is then empty,
/// like that of a missing parent.
async fn within_scope(
    access: &RecordAccess,
    parent: &CollectionModel,
    link: Condition,
) -> Result<Condition, ActionError> {
    let scope = access.scope(parent)?;
    if scope == Condition::always() {
        return Ok(link);
    }
    let key = match &link {
        Condition::LinkedTo(link) => link.key.clone(),
        _ => return Ok(link),
    };
    let query = RecordQuery::new(&parent.name, Condition::KeyIn(key.spellings()).and(scope));
    let found = access
        .store
        .source
        .count(&query, Some(1))
        .await
        .map_err(QueryError::from)?;
    Ok(if found > 0 { link } else { Condition::never() })
}

pub(super) fn key_of(collection: &CollectionModel, id: &str) -> Result<Key, BrowseError> {
    Key::from_packed(collection, id).map_err(|problem| BrowseError::InvalidId {
        collection: collection.name.clone(),
        id: id.to_owned(),
        problem,
    })
}

/// Forbids caches to store records.
pub(in crate::http) fn answered(document: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(document)
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};
    use std::sync::Arc;

    use actix_web::body::to_bytes;
    use serde_json::Value;

    use super::super::route::route;
    use super::super::testing::{Shelf, acme, models, record, transaction};
    use super::*;
    use crate::records::{FieldPath, Filter, Operator, Record, RecordError, RecordRules, Scope, Sort};
    use crate::response::ErrorKind;
    use crate::rights::{LocalRights, RoleRights};

    async fn get(access: &RecordAccess, rights: &Rights, url: &str) -> Result<HttpResponse, ActionError> {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let browse = route(&models(), &actix_web::http::Method::GET, path).unwrap().unwrap();
        answer(access, rights, &browse, &Parameters::parse(query)?, false).await
    }

    fn local() -> Rights {
        Rights::Local(LocalRights::default())
    }

    async fn json_of(access: &RecordAccess, url: &str) -> Value {
        let answer = get(access, &local(), url).await.unwrap();
        assert_eq!(answer.headers().get("content-type").unwrap(), "application/json");
        assert_eq!(answer.headers().get("cache-control").unwrap(), "no-store");
        serde_json::from_slice(&to_bytes(answer.into_body()).await.unwrap()).unwrap()
    }

    async fn refusal(access: &RecordAccess, url: &str) -> (ErrorKind, String) {
        let refused = get(access, &local(), url).await.unwrap_err();
        (refused.kind(), refused.message().to_owned())
    }

    fn transactions(count: i64) -> Shelf {
        Shelf::default().with("transactions", (1..=count).map(transaction).collect())
    }

    fn ids(document: &Value) -> Vec<&str> {
        let data = document["data"].as_array().unwrap().iter();
        data.map(|object| object["id"].as_str().unwrap()).collect()
    }

    #[actix_web::test]
    async fn a_list_is_one_page_with_its_fields_and_order() {
        let (source, access) = transactions(25).access();
        let url = "/transactions?fields[transactions]=label&page[number]=3&page[size]=10&sort=-label&search=invoice";
        let document = json_of(&access, url).await;
        assert_eq!(ids(&document), ["21", "22", "23", "24", "25"]);
        assert_eq!(
            document["meta"]["decorators"]["0"],
            json!({"id": 21, "search": ["label"]})
        );
        let pages = source.pages.lock().unwrap();
        // one statement answers it
        let [(query, page)] = pages.as_slice() else {
            panic!("{pages:?}")
        };
        assert_eq!(query.collection, "transactions");
        let sort = Sort {
            field: FieldPath::own("label"),
            descending: true,
        };
        assert_eq!(page.sort, [sort]);
        assert_eq!((page.offset, page.limit), (20, 10));
        assert_eq!(page.projection.fields, ["id", "label"]);
    }

    #[actix_web::test]
    async fn a_count_is_a_number_or_told_to_be_deactivated() {
        let (source, access) = transactions(25).access();
        assert_eq!(json_of(&access, "/transactions/count").await, json!({"count": 25}));
        assert_eq!(
            json_of(&access, "/notes/count").await,
            json!({"meta": {"count": "deactivated"}})
        );
        assert_eq!(source.counts.lock().unwrap().len(), 1);
    }

    #[actix_web::test]
    async fn one_record_comes_with_all_that_it_leads_to_and_a_missing_one_is_named() {
        let (source, access) = transactions(2).access();
        let document = json_of(&access, "/transactions/2?fields[transactions]=label").await;
        assert_eq!(document["data"]["id"], "2");
        assert_eq!(document["data"]["attributes"]["amount"], "10.00");
        let relations = source.pages.lock().unwrap()[0].1.projection.relations.clone();
        assert_eq!(relations.len(), 2);
        let missing = refusal(&access, "/transactions/999").await;
        assert_eq!(
            missing,
            (ErrorKind::NotFound, "The transactions #999 does not exist.".to_owned())
        );
        let answer = ActionError::not_found(missing.1).to_http("");
        let body: Value = serde_json::from_slice(&to_bytes(answer.into_body()).await.unwrap()).unwrap();
        let entry = json!({"status": 404, "detail": "The transactions #999 does not exist.", "name": "NotFoundError"});
        assert_eq!(body, json!({"errors": [entry]}));
    }

    #[actix_web::test]
    async fn sel_07_an_id_that_cannot_be_one_is_refused_by_name() {
        let (source, access) = transactions(1).access();
        for (url, named) in [
            ("/transactions/abc", "abc"),
            ("/transactions/1.5", "1.5"),
            ("/transactions/99999999999999999999", "99999999999999999999"),
            ("/transactions/1%27%20OR%201=1", "1' OR 1=1"),
            ("/assignments/only-one", "only-one"),
            ("/assignments/a%7Cb%7Cc", "a|b|c"),
            ("/assignments/a%7Cb", "a|b"),
            ("/totals/1", "1"),
            ("/companies/x/relationships/emitted", "x"),
            ("/companies/x/relationships/emitted/count", "x"),
            ("/companies/x/relationships/emitted.csv", "x"),
        ] {
            let (kind, text) = refusal(&access, url).await;
            assert_eq!(kind, ErrorKind::BadRequest, "{url}");
            assert!(text.contains(&format!("`{named}`")), "{url}: {text}");
        }
        let long = format!("/transactions/{}", "%0A".repeat(2000));
        assert!(refusal(&access, &long).await.1.len() < 500);
        assert!(source.pages.lock().unwrap().is_empty());
    }

    #[actix_web::test]
    async fn related_records_are_those_linked_to_the_parent() {
        let linked = |id, parent: &str| {
            let mut record = transaction(id);
            record.attributes.insert("linked_to".to_owned(), json!(parent));
            record
        };
        let rows = vec![
            linked(1, "companies/7/emitted"),
            linked(2, "companies/8/emitted"),
            linked(3, "companies/7/emitted"),
        ];
        let (_, access) = Shelf::default().with("transactions", rows).access();
        let document = json_of(&access, "/companies/7/relationships/emitted?fields[transactions]=label").await;
        assert_eq!(ids(&document), ["1", "3"]);
        assert_eq!(document["data"][0]["type"], "transactions");
        let count = json_of(&access, "/companies/7/relationships/emitted/count").await;
        assert_eq!(count, json!({"count": 2}));
        // the parent is not looked up
        let none = json_of(&access, "/companies/999/relationships/emitted").await;
        assert_eq!(none, json!({"data": []}));
        let deactivated = json_of(&access, "/transactions/1/relationships/notes/count").await;
        assert_eq!(deactivated, json!({"meta": {"count": "deactivated"}}));
        let url =
            "/companies/7/relationships/emitted.csv?fields[transactions]=id,created_at&header=%5B%22id%22,%22at%22%5D";
        let csv = get(&access, &local(), url).await.unwrap();
        let csv = to_bytes(csv.into_body()).await.unwrap();
        assert_eq!(csv, "id,at\n1,2024-05-15T12:30:00+02:00\n3,2024-05-15T12:30:00+02:00\n");
    }

    #[actix_web::test]
    async fn per_13_a_related_list_of_a_parent_out_of_scope_is_empty() {
        let emitted = || {
            let mut record = transaction(1);
            record
                .attributes
                .insert("linked_to".to_owned(), json!("companies/1/emitted"));
            vec![record]
        };
        // which records a scope lets through is the source's business: here, all that it has
        for (companies, expected) in [(vec![acme()], json!(1)), (Vec::new(), json!(0))] {
            let shelf = Shelf::default()
                .with("transactions", emitted())
                .with("companies", companies);
            let (_, mut access) = shelf.access();
            let scope = Scope::Filter(Filter::leaf("name", Operator::Equal, "Acme Corp"));
            access.rules = Arc::new(RecordRules {
                scopes: HashMap::from([("companies".to_owned(), scope)]),
                ..RecordRules::default()
            });
            let count = json_of(&access, "/companies/1/relationships/emitted/count").await;
            assert_eq!(count, json!({ "count": expected }));
        }
    }

    #[actix_web::test]
    async fn related_records_need_the_right_to_read_their_parent() {
        let (source, access) = transactions(1).access();
        let rights = Rights::Local(LocalRights(vec![RoleRights {
            role: access.caller.role.clone(),
            records: Arc::new(RecordRules {
                not_browsed: HashSet::from(["companies".to_owned()]),
                ..RecordRules::default()
            }),
            ..RoleRights::default()
        }]));
        for url in ["", "/count", ".csv"] {
            let url = format!("/companies/1/relationships/emitted{url}");
            assert_eq!(
                get(&access, &rights, &url).await.unwrap_err().kind(),
                ErrorKind::Forbidden
            );
        }
        assert!(source.pages.lock().unwrap().is_empty() && source.counts.lock().unwrap().is_empty());
    }

    #[actix_web::test]
    async fn relations_that_are_not_there_or_lead_to_one_are_not_found() {
        let (_, access) = transactions(1).access();
        for relation in ["nope", "customer", "emitter/count", "secret", "customer.csv", "%22"] {
            let (kind, text) = refusal(&access, &format!("/transactions/1/relationships/{relation}")).await;
            assert_eq!(kind, ErrorKind::NotFound, "{relation}");
            assert!(text.contains("transactions"), "{text}");
        }
    }

    #[actix_web::test]
    async fn what_the_store_cannot_do_is_told_and_what_fails_is_not() {
        let url = "/transactions";
        for url in [url, "/transactions/count", "/transactions/1", "/transactions.csv"] {
            let shelf = transactions(1).failing(0, || RecordError::unsupported("lists are not supported here"));
            let told = refusal(&shelf.access().1, url).await;
            assert_eq!(
                told,
                (ErrorKind::Unprocessable, "lists are not supported here".to_owned()),
                "{url}"
            );
            let shelf = transactions(1).failing(0, || RecordError::failed("password=hunter2"));
            let (kind, text) = refusal(&shelf.access().1, url).await;
            assert_eq!(kind, ErrorKind::Internal, "{url}");
            assert!(!text.contains("hunter2"), "{url}: {text}");
        }
    }

    #[actix_web::test]
    async fn records_of_other_shapes_do_no_harm() {
        let mut odd = record(1, json!({"id": 1, "label": {"deep": [null]}, "amount": "x"}));
        odd.related = vec![(
            "nobody_knows".to_owned(),
            Some(Record::new(Key::one(1), serde_json::Map::new())),
        )];
        let (_, access) = Shelf::default().with("transactions", vec![odd]).access();
        let document = json_of(&access, "/transactions").await;
        assert_eq!(document["data"][0]["attributes"]["label"], json!({"deep": [null]}));
    }
}
