//! Conditions over records in memory, with a source that records its questions.

mod approvals;
mod conditions;
mod failures;

use std::sync::{Arc, Mutex};

use chrono_tz::Tz;
use serde_json::{Value as Json, json};

use super::*;
use crate::caller::Caller;
use crate::decide::facts::{CollectionRights, EnvironmentPermissions, Right, RoleConditions};
use crate::decide::{ActionName, Actor, Trigger, approve, trigger};
use crate::records::{FieldModel, MemoryRecords, Models, Operator, Page, Record, SourceFuture, Value, ValueType};

const NAME: ActionName<'_> = ActionName {
    collection: "lines",
    action: "Refund",
};
const R10: Actor = Actor::Role(RoleId(10));

/// Records in memory that log each question, and may fail.
struct Asked {
    records: MemoryRecords,
    questions: Mutex<Vec<String>>,
    fails: Option<fn() -> RecordError>,
}

impl RecordSource for Asked {
    fn collections(&self) -> Vec<CollectionModel> {
        self.records.collections()
    }

    fn count<'a>(&'a self, query: &'a RecordQuery, at_most: Option<u64>) -> SourceFuture<'a, u64> {
        let question = at_most.map_or("count".to_owned(), |most| format!("count to {most}"));
        self.questions.lock().unwrap().push(question);
        if let Some(error) = self.fails {
            return Box::pin(async move { Err(error()) });
        }
        self.records.count(query, at_most)
    }

    fn keys<'a>(&'a self, query: &'a RecordQuery, after: Option<&'a Key>, limit: usize) -> SourceFuture<'a, Vec<Key>> {
        self.questions.lock().unwrap().push(format!("{limit} keys"));
        if let Some(error) = self.fails {
            return Box::pin(async move { Err(error()) });
        }
        self.records.keys(query, after, limit)
    }

    fn records<'a>(&'a self, query: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>> {
        self.records.records(query, page)
    }
}

enum Chosen {
    Nothing,
    /// The lines of these numbers, which exist.
    Lines(&'static [i64]),
    /// Lines within the caller's scope, and lines that are not.
    Partly(&'static [i64], &'static [i64]),
    /// Every line, within a scope.
    All(Option<Filter>),
    Virtual,
}

/// Six lines of orders; the key has two parts, and none is called id.
struct World {
    source: Asked,
    models: Models,
    caller: Caller,
    cap: usize,
}

impl World {
    fn new() -> Self {
        let lines = CollectionModel::new("lines")
            .field(FieldModel::new("order_no", ValueType::Text))
            .field(FieldModel::new("line", ValueType::Integer))
            .field(FieldModel::new("amount", ValueType::Decimal))
            .field(FieldModel::new("country", ValueType::Text))
            .field(FieldModel::new("owner", ValueType::Integer))
            .key(["order_no", "line"]);
        let row = |line: i64, amount: i64, country: &str| json!({"order_no": "a", "line": line, "amount": amount, "country": country, "owner": 172});
        let rows = vec![
            row(1, 10, "FR"),
            row(2, 20, "FR"),
            row(3, 30, "FR"),
            row(4, 40, "UK"),
            row(5, 50, "UK"),
            row(6, 60, "US"),
        ];
        let records = MemoryRecords::new().collection(lines, rows);
        assert_eq!(records.problems(), []);
        let models = Models::new(records.collections());
        let mut caller = Caller::new("172", "ada@example.com");
        caller.tags.insert("country".to_owned(), "FR".to_owned());
        Self {
            source: Asked {
                records,
                questions: Mutex::default(),
                fails: None,
            },
            models,
            caller,
            cap: 500,
        }
    }

    async fn with<T>(&self, chosen: &Chosen, run: impl AsyncFnOnce(Subject<'_>) -> T) -> T {
        let collection = self.models.get("lines").unwrap();
        let resolver = Resolver {
            models: &self.models,
            now: "2024-05-15T10:30:00Z".parse().unwrap(),
            zone: Ok(Tz::Europe__Paris),
        };
        let counter = Counter {
            source: &self.source,
            collection,
            resolver,
            variables: &self.caller,
        };
        let keys: Vec<Key>;
        let query;
        let subject = match chosen {
            Chosen::Nothing => Subject::Nothing,
            Chosen::Virtual => Subject::Virtual,
            Chosen::Lines(lines) => {
                keys = lines.iter().map(|line| line_key(*line)).collect();
                Subject::Given {
                    counter,
                    found: &keys,
                    missing: &[],
                }
            }
            Chosen::Partly(found, missing) => {
                keys = [*found, *missing].concat().iter().map(|line| line_key(*line)).collect();
                let (found, missing) = keys.split_at(found.len());
                Subject::Given {
                    counter,
                    found,
                    missing,
                }
            }
            Chosen::All(scope) => {
                let scope = scope
                    .as_ref()
                    .map(|scope| resolver.trusted_filter(collection, scope).unwrap());
                query = RecordQuery::new("lines", scope.unwrap_or_else(Condition::always));
                Subject::All(counter, &query)
            }
        };
        run(subject).await
    }

    async fn trigger(&self, rights: ActionRights, chosen: Chosen) -> Result<(), Refusal> {
        self.triggered(&facts(rights), &chosen).await.map(drop)
    }

    async fn triggered(&self, facts: &EnvironmentPermissions, chosen: &Chosen) -> Result<Condition, Refusal> {
        match trigger(facts, NAME, R10).map_err(Refusal::Trigger)? {
            Trigger::Allowed => Ok(Condition::always()),
            Trigger::Depends(conditions) => {
                self.with(chosen, async |subject| conditions.finish(subject, self.cap).await)
                    .await
            }
        }
    }

    async fn approve(&self, rights: ActionRights, chosen: Chosen) -> Result<(), Refusal> {
        let decision = approve(&facts(rights), NAME, R10, false);
        self.with(&chosen, async |subject| decision.finish(subject).await.map(drop))
            .await
    }

    /// The questions since the last call.
    fn questions(&self) -> Vec<String> {
        std::mem::take(&mut *self.source.questions.lock().unwrap())
    }
}

fn line_key(line: i64) -> Key {
    Key::from_parts(vec![Value::Text("a".to_owned()), Value::Integer(line)])
}

fn facts(rights: ActionRights) -> EnvironmentPermissions {
    let lines = CollectionRights {
        actions: [("Refund".into(), Arc::new(rights))].into(),
        ..CollectionRights::default()
    };
    EnvironmentPermissions::Rules {
        collections: [("lines".into(), lines)].into(),
    }
}

fn roles(roles: &[i64]) -> Right {
    Right::Roles(roles.iter().copied().map(RoleId).collect())
}

fn conditions(right: &Right, conditions: &[(i64, Json)]) -> RoleConditions {
    let conditions = conditions.iter();
    RoleConditions::new(
        right,
        conditions.map(|(role, filter)| (RoleId(*role), RawFilter(filter.to_string().into()))),
    )
}

fn amount(operator: &str, value: i64) -> Json {
    json!({"field": "amount", "operator": operator, "value": value, "source": "data"})
}

fn country(value: &str) -> Json {
    json!({"field": "country", "operator": "equal", "value": value})
}

fn trigger_if(filter: &Json) -> ActionRights {
    let trigger = roles(&[10]);
    ActionRights {
        trigger_conditions: conditions(&trigger, &[(10, filter.clone())]),
        trigger,
        ..ActionRights::default()
    }
}

fn approval_if(filter: &Json) -> ActionRights {
    let approval_required = roles(&[10]);
    ActionRights {
        trigger: roles(&[10]),
        approval_required_conditions: conditions(&approval_required, &[(10, filter.clone())]),
        approval_required,
        ..ActionRights::default()
    }
}

fn approve_if(filter: &Json) -> ActionRights {
    let user_approval = roles(&[10, 20]);
    ActionRights {
        user_approval_conditions: conditions(&user_approval, &[(10, filter.clone())]),
        user_approval,
        ..ActionRights::default()
    }
}

/// An approval is needed in any case; the conditions decide about the approvers.
fn approval_by(approvers: &[(i64, Json)]) -> ActionRights {
    let user_approval = roles(&[30, 20]);
    ActionRights {
        trigger: roles(&[10]),
        approval_required: roles(&[10]),
        user_approval_conditions: conditions(&user_approval, approvers),
        user_approval,
        ..ActionRights::default()
    }
}

fn needs_approval(roles: &[i64], records: Option<&[&str]>) -> Result<(), Refusal> {
    Err(Refusal::RequiresApproval {
        roles: roles.iter().copied().map(RoleId).collect(),
        records: records.map(|records| records.iter().map(ToString::to_string).collect()),
    })
}

fn not_met() -> Result<(), Refusal> {
    Err(Refusal::Trigger(Cause::ConditionFails(RoleId(10))))
}

fn scope_of(country: &str) -> Option<Filter> {
    Some(Filter::leaf("country", Operator::Equal, country))
}
