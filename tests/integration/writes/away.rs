//! A store that cannot begin a transaction.

use forest_actions::prelude::*;
use forest_actions::records::{
    CollectionModel, FieldModel, Key, MemoryRecords, Page, Record, RecordError, RecordQuery, RecordSource,
    RelationModel, SourceFuture, ValueType, Writable, WriteTx,
};

use crate::support::{Agent, Call};

/// Teams and their members, which can be read.
struct Away(MemoryRecords);

impl Away {
    fn new() -> Self {
        let field = FieldModel::new;
        let teams = CollectionModel::new("teams")
            .field(field("id", ValueType::Integer))
            .key(["id"]);
        let members = CollectionModel::new("members")
            .field(field("id", ValueType::Integer))
            .field(field("age", ValueType::Integer))
            .field(FieldModel::new("team_id", ValueType::Integer).foreign_key(true))
            .key(["id"]);
        let teams = teams.relation(RelationModel::has_many("members", "members", "id", "team_id"));
        let members = members.relation(RelationModel::belongs_to("team", "teams", "team_id", "id"));
        Self(
            MemoryRecords::new()
                .collection(teams, Vec::new())
                .collection(members, Vec::new()),
        )
    }
}

impl RecordSource for Away {
    fn collections(&self) -> Vec<CollectionModel> {
        self.0.collections()
    }

    fn count<'a>(&'a self, query: &'a RecordQuery, at_most: Option<u64>) -> SourceFuture<'a, u64> {
        self.0.count(query, at_most)
    }

    fn keys<'a>(&'a self, query: &'a RecordQuery, after: Option<&'a Key>, limit: usize) -> SourceFuture<'a, Vec<Key>> {
        self.0.keys(query, after, limit)
    }

    fn records<'a>(&'a self, query: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>> {
        self.0.records(query, page)
    }

    fn can_write(&self) -> bool {
        true
    }

    fn begin<'a>(&'a self) -> SourceFuture<'a, Box<dyn WriteTx + 'a>> {
        Box::pin(async {
            Err(RecordError::unavailable(
                "Please try again later.",
                "the database is away",
            ))
        })
    }
}

#[actix_web::test]
async fn what_is_wrong_with_a_request_is_told_before_a_transaction_begins() {
    let agent = Agent::with(|builder| {
        builder
            .schema_file(false)
            .actions(actions![])
            .records(Away::new())
            .writable("teams", Writable::all())
            .writable("members", Writable::all())
    })
    .await;
    let app = agent.serve().await;
    for (method, path, wrong, right) in [
        (
            "POST",
            "members",
            r#"{"data":{"attributes":{"age":"old"}}}"#,
            r#"{"data":{"attributes":{"age":7}}}"#,
        ),
        (
            "PUT",
            "members/1",
            r#"{"data":{"attributes":{"height":7}}}"#,
            r#"{"data":{"attributes":{"age":7}}}"#,
        ),
        (
            "DELETE",
            "members",
            r#"{"data":{}}"#,
            r#"{"data":{"attributes":{"ids":["1"]}}}"#,
        ),
        ("DELETE", "members/1", "", ""),
        (
            "PUT",
            "members/1/relationships/team",
            r#"{"data":[]}"#,
            r#"{"data":{"id":"1"}}"#,
        ),
        (
            "POST",
            "teams/1/relationships/members",
            r#"{"data":{"id":"1"}}"#,
            r#"{"data":[{"id":"1"}]}"#,
        ),
        (
            "DELETE",
            "teams/1/relationships/members",
            r#"{"data":{}}"#,
            r#"{"data":[{"id":"1"}]}"#,
        ),
    ] {
        let call = |body: &str| {
            Call::post(format!("/forest/{path}"))
                .method(method)
                .body(body.to_owned())
        };
        if !wrong.is_empty() {
            let answer = call(wrong).send(&app).await;
            assert!((400..500).contains(&answer.status()), "{method} {path}: {answer:?}");
        }
        assert_eq!(call(right).send(&app).await.status(), 503, "{method} {path}");
    }
}
