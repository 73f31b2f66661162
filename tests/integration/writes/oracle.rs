//! No request of a caller changes a row outside of the caller's scope, with SQLite as the judge.

use forest_actions::records::SqlRecords;
use proptest::prelude::*;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, SqlitePool};

use super::club::{corrected, linked, record, roles, selection, send, sqlite, writable};
use crate::support::Agent;

/// The rows that the role `Admin` may not see, as one text.
async fn outside(pool: &SqlitePool) -> String {
    const HIDDEN: [&str; 6] = [
        "SELECT json_array(id, name, region) FROM teams WHERE region <> 'UK' ORDER BY id",
        "SELECT json_array(m.id, m.name, m.email, m.plan, m.age, m.details, m.team_id, m.token) FROM members AS m \
         LEFT JOIN teams AS t ON t.id = m.team_id WHERE coalesce(t.region, '') <> 'UK' ORDER BY m.id",
        "SELECT json_array(id, bio, member_id) FROM profiles WHERE bio = 'spy' ORDER BY id",
        "SELECT json_array(id, name) FROM skills WHERE name = 'secret arts' ORDER BY id",
        "SELECT json_array(b.team_id, code, label) FROM badges AS b JOIN teams AS t ON t.id = b.team_id \
         WHERE t.region <> 'UK' ORDER BY 1",
        "SELECT json_array(id, body) FROM notes ORDER BY id",
    ];
    let mut rows = String::new();
    for select in HIDDEN {
        let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(select)).fetch_all(pool).await.unwrap();
        rows.push_str(&found.join("\n"));
        rows.push('\n');
    }
    rows
}

fn id() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (1..6_i64).prop_map(|id| id.to_string()),
        1 => Just("99".to_owned()),
        1 => prop_oneof![Just("1|x"), Just("2|x"), Just("1|a|b"), Just("x")].prop_map(str::to_owned),
    ]
}

fn collection() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "teams",
        "members",
        "profiles",
        "skills",
        "members_skills",
        "badges",
        "notes",
    ])
}

fn attributes() -> impl Strategy<Value = Value> {
    let field = prop::sample::select(vec![
        ("name", json!("N")),
        ("name", json!("Lions")),
        ("region", json!("FR")),
        ("region", json!("UK")),
        ("team_id", json!(1)),
        ("team_id", json!(2)),
        ("team_id", json!(null)),
        ("member_id", json!(2)),
        ("member_id", json!(3)),
        ("skill_id", json!(3)),
        ("bio", json!("spy")),
        ("bio", json!("b")),
        ("code", json!("x")),
        ("label", json!("l")),
        ("email", json!("bob@example.com")),
        ("age", json!(3)),
        ("token", json!("t")),
        ("id", json!(2)),
    ]);
    prop::collection::vec(field, 0..4).prop_map(|fields| {
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
        Value::Object(fields.collect())
    })
}

fn request() -> impl Strategy<Value = (&'static str, String, Value)> {
    let relation = prop::sample::select(vec![
        "team", "members", "profile", "skills", "member", "badges", "skill",
    ]);
    let links = relation.clone();
    let ids = || prop::collection::vec(id(), 1..4);
    fn refs(ids: &[String]) -> Vec<&str> {
        ids.iter().map(String::as_str).collect()
    }
    prop_oneof![
        (collection(), attributes(), id()).prop_map(|(collection, attributes, team)| {
            let mut body = record(attributes);
            body["data"]["relationships"] = json!({"team": {"data": {"id": team}}});
            ("POST", collection.to_owned(), body)
        }),
        (collection(), attributes()).prop_map(|(name, attributes)| ("POST", name.to_owned(), record(attributes))),
        (collection(), id(), attributes()).prop_map(|(name, id, attributes)| (
            "PUT",
            format!("{name}/{id}"),
            record(attributes)
        )),
        (collection(), id()).prop_map(|(name, id)| ("DELETE", format!("{name}/{id}"), Value::Null)),
        (collection(), ids()).prop_map(|(name, ids)| ("DELETE", name.to_owned(), selection(&refs(&ids)))),
        (collection(), id()).prop_map(|(name, excluded)| {
            let mut body = selection(&[]);
            body["data"]["attributes"]["all_records"] = true.into();
            body["data"]["attributes"]["all_records_ids_excluded"] = json!([excluded]);
            ("DELETE", name.to_owned(), body)
        }),
        (collection(), id(), relation, prop::option::of(id())).prop_map(|(name, parent, relation, id)| {
            let data = id.map_or(Value::Null, |id| json!({"id": id}));
            (
                "PUT",
                format!("{name}/{parent}/relationships/{relation}"),
                json!({"data": data}),
            )
        }),
        (collection(), id(), links, ids(), any::<bool>(), any::<bool>()).prop_map(
            |(name, parent, relation, ids, adds, deletes)| {
                let path = format!("{name}/{parent}/relationships/{relation}");
                match (adds, deletes) {
                    (true, _) => ("POST", path, linked(&refs(&ids))),
                    (false, true) => ("DELETE", format!("{path}?delete=true"), selection(&refs(&ids))),
                    (false, false) => ("DELETE", path, selection(&refs(&ids))),
                }
            }
        ),
    ]
}

#[test]
fn no_request_changes_a_row_outside_of_the_scope() {
    let config = ProptestConfig {
        cases: 40,
        ..ProptestConfig::default()
    };
    proptest!(config, |(requests in prop::collection::vec(request(), 1..25))| {
        let run = async {
            let pool = sqlite().await;
            let records = corrected(SqlRecords::sqlite(pool.clone()).await.unwrap());
            let settings = |builder: forest_actions::ForestBuilder| {
                roles(writable(builder.schema_file(false).actions([]))).records(records)
            };
            let agent = Agent::with(settings).await;
            let app = agent.serve().await;
            let before = outside(&pool).await;
            for (method, path, body) in &requests {
                let answer = send(&app, "Admin", method, path, body.clone()).await;
                let after = outside(&pool).await;
                assert_eq!(after, before, "{method} {path} {body}: {answer:?}");
                assert!(answer.status() < 500, "{method} {path} {body}: {answer:?}");
            }
        };
        actix_web::rt::System::new().block_on(run);
    });
}
