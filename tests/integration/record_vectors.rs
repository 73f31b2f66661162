//! The record vectors: records that the reference packages select, list and count, over HTTP and on each store.
//!
//! A vector that shows a defect of the reference (a *quirk*) is compared with the result without the defect; see
//! [`wanted`].

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use forest_actions::LocalRole;
use forest_actions::records::{Filter, MemoryRecords, RecordSource, SqlRecords};
use serde_json::{Map, Value};

use crate::support::records::{ids_in, ids_of_each};
use crate::support::{Agent, Answer, Call, dataset, query_string};

const VECTORS: &str = include_str!("../vectors/records/vectors.json");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    Memory,
    Sqlite,
    Postgres,
}

/// One vector, as it stands in the file.
#[derive(Debug, Clone)]
struct Vector(Value);

impl Vector {
    fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_default()
    }

    /// Memory has PostgreSQL's rules and no query language.
    fn is_for(&self, engine: Engine) -> bool {
        let name = match engine {
            Engine::Memory if self.live_query().is_some() => return false,
            Engine::Memory | Engine::Postgres => "postgres",
            Engine::Sqlite => "sqlite",
        };
        let engines = self.0["engines"].as_array();
        engines.is_none_or(|engines| engines.contains(&name.into()))
    }

    fn now(&self, defaults: &Value) -> DateTime<Utc> {
        let now = self.0.get("now").unwrap_or(&defaults["now"]);
        now.as_str().unwrap().parse().unwrap()
    }

    /// Location of the list's parameters.
    fn query(&mut self) -> &mut Map<String, Value> {
        let query = match self.text("op") {
            "ids" => &mut self.0["attributes"]["all_records_subset_query"],
            _ => &mut self.0["query"],
        };
        query.as_object_mut().unwrap()
    }

    fn without(&self, key: &str) -> Self {
        let mut other = self.clone();
        other.query().remove(key);
        other
    }

    fn with(&self, key: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.query().insert(key.to_owned(), value.into());
        other
    }

    /// The SQL of its live query, which has to be permitted.
    fn live_query(&self) -> Option<&str> {
        let query = match self.text("op") {
            "ids" => &self.0["attributes"]["all_records_subset_query"],
            _ => &self.0["query"],
        };
        query["segmentQuery"].as_str()
    }

    /// The role of the caller: its scopes, and the live query.
    fn role(&self) -> LocalRole {
        let mut role = LocalRole::new("Admin");
        for (collection, filter) in self.0["scopes"].as_object().into_iter().flatten() {
            if let Some(filter) = Filter::parse(filter).unwrap() {
                role = role.scope(collection, filter);
            }
        }
        match self.live_query() {
            Some(sql) => role.live_query(self.text("collection"), sql),
            None => role,
        }
    }

    fn call(&self) -> Call {
        let collection = self.text("collection");
        let mut parameters = Vec::new();
        if let Some(timezone) = self.0["timezone"].as_str() {
            parameters.push(("timezone".to_owned(), timezone.to_owned()));
        }
        if self.text("op") == "ids" {
            let uri = format!("/forest/actions/ids-of-{collection}?{}", query_string(&parameters));
            return Call::post(uri).attributes(self.0["attributes"].clone());
        }
        for (key, value) in self.0["query"].as_object().into_iter().flatten() {
            parameters.push((key.clone(), id_text(value)));
        }
        let parent = &self.0["parent"];
        let list = match parent["collection"].as_str() {
            None => collection.to_owned(),
            Some(of) => {
                let id = parent["id"].as_str().unwrap();
                let relation = parent["association"].as_str().unwrap();
                format!("{of}/{id}/relationships/{relation}")
            }
        };
        let count = if self.text("op") == "count" { "/count" } else { "" };
        let uri = format!("/forest/{list}{count}?{}", query_string(&parameters));
        Call::read(uri)
    }
}

/// The actual result.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Ids(Vec<String>),
    Count(u64),
    Refused { status: u16, detail: String },
}

fn outcome(vector: &Vector, answer: &Answer) -> Outcome {
    if answer.status() != 200 {
        let status = answer.status();
        return Outcome::Refused {
            status,
            detail: answer.detail(status),
        };
    }
    let body = answer.json();
    match vector.text("op") {
        "ids" => Outcome::Ids(ids_in(answer)),
        "count" => Outcome::Count(body["count"].as_u64().unwrap()),
        _ => Outcome::Ids(
            body["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| id_text(&row["id"]))
                .collect(),
        ),
    }
}

fn id_text(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// The expected result.
#[derive(Debug, Clone)]
enum Wanted {
    Exactly(Outcome),
    /// A 4xx with a message, and no record.
    AnyRefusal,
    /// The result of another request.
    SameAs(Box<Vector>),
    /// The result of the records in memory, an independent implementation of the documented rule.
    Reference,
}

/// The expected result of a vector on an engine.
fn wanted(vector: &Vector, engine: Engine) -> Wanted {
    let of = |key: &str| vector.0.get(key).filter(|value| !value.is_null());
    let expected = of("expected").unwrap();
    let on_sqlite = of("expected_sqlite").filter(|result| engine == Engine::Sqlite && result["error"].is_null());
    if let Some(quirk) = of("quirk").and_then(Value::as_str) {
        if let Some(alternative) = of("alternative") {
            return exactly(alternative);
        }
        return without_the_defect(vector, quirk, expected, on_sqlite.unwrap_or(expected));
    }
    // an action needs a record
    if vector.0["attributes"]["ids"].as_array().is_some_and(Vec::is_empty) {
        return Wanted::AnyRefusal;
    }
    // database errors are never a result: such requests are refused on every engine
    if expected["error"]["status"] == 500 {
        return Wanted::AnyRefusal;
    }
    exactly(on_sqlite.unwrap_or(expected))
}

/// The result without the defect, where the file has none.
fn without_the_defect(vector: &Vector, quirk: &str, on_postgres: &Value, on_engine: &Value) -> Wanted {
    let ids = |ids: &[&str]| Wanted::Exactly(Outcome::Ids(ids.iter().map(|id| (*id).to_owned()).collect()));
    match (quirk, vector.text("id")) {
        // the emitter of 14 has the empty text as its name, and that is blank
        ("relation-blank", "R190") => ids(&["7", "14"]),
        // an empty "and" is true, so the whole "or" is: all of them
        ("empty-and", "R211") => Wanted::SameAs(Box::new(vector.without("filters"))),
        // the values have the type of the field in every position, as PostgreSQL's literals have
        ("relation-untyped", _) => exactly(on_postgres),
        // `not` with several values is the opposite of `in`: a rule worth keeping
        ("not-array", _) => exactly(on_engine),
        // a blank text searches nothing
        ("blank-search", _) => Wanted::SameAs(Box::new(vector.without("search"))),
        // `true` is on
        ("extended-truthy", _) => Wanted::SameAs(Box::new(vector.with("searchExtended", "1"))),
        // half a selection, half a parent, or a segment that does not exist may never mean "everything"
        ("select-all-strict" | "missing-ids" | "partial-parent" | "unknown-segment", _) => Wanted::AnyRefusal,
        // several fields of an order, and quirks that this file gives no result for: the documented rule
        _ => Wanted::Reference,
    }
}

fn exactly(result: &Value) -> Wanted {
    Wanted::Exactly(if let Some(count) = result["count"].as_u64() {
        Outcome::Count(count)
    } else if let Some(ids) = result["ids"].as_array() {
        Outcome::Ids(ids.iter().map(id_text).collect())
    } else {
        let error = &result["error"];
        Outcome::Refused {
            status: u16::try_from(error["status"].as_u64().unwrap()).unwrap(),
            detail: error["message"].as_str().unwrap().to_owned(),
        }
    })
}

/// Runs one vector on a source.
async fn run(vector: &Vector, now: DateTime<Utc>, records: impl RecordSource) -> Outcome {
    let role = vector.role();
    let agent = Agent::with(|builder| {
        builder
            .schema_file(false)
            .actions(ids_of_each())
            .records(records)
            .clock(move || now)
            .local_role(role)
    })
    .await;
    let app = agent.serve().await;
    let answer = vector.call().send(&app).await;
    let outcome = outcome(vector, &answer);
    if let Outcome::Refused { status, .. } = &outcome {
        assert!((400..500).contains(status), "{}: {answer:?}", vector.text("id"));
    }
    outcome
}

/// Compares two results as far as the vector specifies them.
fn same(vector: &Vector, one: &Outcome, other: &Outcome) -> bool {
    match (one, other) {
        (Outcome::Ids(one), Outcome::Ids(other)) if vector.text("compare") == "set" => {
            let sorted = |ids: &[String]| {
                let mut ids = ids.to_vec();
                ids.sort();
                ids
            };
            sorted(one) == sorted(other)
        }
        (one, other) => one == other,
    }
}

/// Where text is compared without ASCII case, unlike in PostgreSQL, a literal text may also match in another case. The
/// records found by the reference packages on SQLite but not on PostgreSQL show the affected ones.
fn is_sqlite_case(vector: &Vector, wanted: &Outcome, got: &Outcome) -> bool {
    let ids = |key: &str| -> Vec<String> {
        let ids = vector.0[key]["ids"].as_array();
        ids.into_iter().flatten().map(id_text).collect()
    };
    let (on_postgres, on_sqlite) = (ids("expected"), ids("expected_sqlite"));
    let differs = |id: &&String| on_postgres.contains(id) != on_sqlite.contains(id);
    match (wanted, got) {
        (Outcome::Ids(wanted), Outcome::Ids(got)) => {
            let extra = got.iter().filter(|id| !wanted.contains(id));
            let missing = wanted.iter().filter(|id| !got.contains(id));
            vector.text("quirk").starts_with("like-")
                && vector.0["expected_sqlite"].is_object()
                && extra.chain(missing).all(|id| differs(&id))
        }
        _ => false,
    }
}

/// Runs all vectors, each on the source that `source` makes for it, and lists those that do not hold.
async fn hold<S: RecordSource>(engine: Engine, source: impl Fn(&Vector) -> S) {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    let rows = dataset::rows().await;
    let mut failures = Vec::new();
    let mut count = 0;
    for vector in file["vectors"].as_array().unwrap() {
        let vector = Vector(vector.clone());
        if !vector.is_for(engine) {
            continue;
        }
        let now = vector.now(&file["defaults"]);
        let got = run(&vector, now, source(&vector)).await;
        let holds = match wanted(&vector, engine) {
            Wanted::Exactly(wanted) => {
                same(&vector, &wanted, &got) || (engine == Engine::Sqlite && is_sqlite_case(&vector, &wanted, &got))
            }
            Wanted::AnyRefusal => matches!(got, Outcome::Refused { .. }),
            Wanted::SameAs(other) => same(&vector, &run(&other, now, source(&other)).await, &got),
            Wanted::Reference if matches!(got, Outcome::Refused { .. }) => false,
            // SQLite's rules of case are others, and memory is its own reference
            Wanted::Reference => {
                engine != Engine::Postgres || same(&vector, &run(&vector, now, in_memory(&rows, &vector)).await, &got)
            }
        };
        count += 1;
        if !holds {
            failures.push(format!(
                "{:?}\n  got {got:?}\n  of {}",
                wanted(&vector, engine),
                vector.0
            ));
        }
    }
    assert!(count > 150, "only {count} vectors ran");
    assert!(
        failures.is_empty(),
        "{} of {count} vectors do not hold on {engine:?}:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// The search fields that a vector declares, of its collection.
fn search_fields(vector: &Vector) -> Option<Vec<String>> {
    let fields = vector.0["search_fields"].as_array()?;
    Some(fields.iter().map(id_text).collect())
}

fn in_memory(rows: &HashMap<String, Vec<Value>>, vector: &Vector) -> MemoryRecords {
    dataset::memory(rows, |model| match search_fields(vector) {
        Some(fields) if model.name == vector.text("collection") => model.search_fields(fields),
        _ => model,
    })
}

/// The source with the search fields of a vector.
fn searching(records: &SqlRecords, vector: &Vector) -> SqlRecords {
    match search_fields(vector) {
        Some(fields) => records
            .clone()
            .collection(vector.text("collection"), |setup| setup.search_fields(fields)),
        None => records.clone(),
    }
}

#[actix_web::test]
async fn sel_01_the_vectors_hold_in_memory() {
    let rows = dataset::rows().await;
    hold(Engine::Memory, |vector| in_memory(&rows, vector)).await;
}

#[actix_web::test]
async fn sel_01_the_vectors_hold_on_sqlite() {
    let pool = dataset::sqlite().await;
    let records = dataset::sqlite_records(&pool).await;
    hold(Engine::Sqlite, |vector| searching(&records, vector)).await;
}

#[actix_web::test]
async fn sel_01_the_vectors_hold_on_postgresql() {
    let Some(database) = dataset::postgres().await else {
        return;
    };
    let records = dataset::postgres_records(&database).await;
    hold(Engine::Postgres, |vector| searching(&records, vector)).await;
}
