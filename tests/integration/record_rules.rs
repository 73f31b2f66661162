//! Limits on visible records: scopes, live queries, and keys that are not called `id`.

use forest_actions::prelude::*;
use forest_actions::records::{Filter, Operator};
use forest_actions::{ActionDescriptor, LocalRole, Selection};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::records::{all_of, filter, ids_in, ids_of_each, list, listed, select, selected, stages};
use crate::support::{Answer, Call, Runs, claims, mint};

const ALICE: &str = "c0000000-0000-4000-8000-000000000001";

#[smart_action(collection = "transactions", name = "One transaction", kind = "single")]
async fn one_transaction(id: RecordId<i64>, runs: web::Data<Runs>) -> String {
    runs.add();
    format!("ran on {}", *id)
}

#[smart_action(collection = "transactions", name = "Some transactions", kind = "bulk", form = Note, load = seen)]
async fn some_transactions(ids: RecordIds<i64>, runs: web::Data<Runs>) -> String {
    runs.add();
    format!("ran on {:?}", ids.into_inner())
}

#[derive(ActionForm)]
#[allow(dead_code, reason = "the hook fills it")]
struct Note {
    note: Option<String>,
}

/// Shows which records a hook sees.
async fn seen(mut form: FormState<Note>, ids: RecordIds<i64>, selection: Selection) -> HookResult<Note> {
    let count = selection.count().await?;
    form.field("note").set_value(format!("{:?} {count}", ids.into_inner()));
    Ok(form)
}

#[smart_action(collection = "assignments", name = "One assignment", kind = "single")]
async fn one_assignment(RecordId((customer, company)): RecordId<(Uuid, i64)>) -> String {
    format!("{customer} and {company}")
}

/// On a collection that no table stands behind.
#[smart_action(collection = "reports", name = "One report", kind = "single")]
async fn one_report(id: RecordId<String>) -> String {
    id.into_inner()
}

#[smart_action(collection = "reports", name = "Some reports", kind = "bulk")]
async fn some_reports(ids: RecordIds<String>) -> String {
    ids.into_inner().join(",")
}

fn all() -> Vec<&'static ActionDescriptor> {
    let mut all = ids_of_each().to_vec();
    all.extend(actions![one_transaction, some_transactions, one_assignment]);
    all
}

fn action(name: &str) -> String {
    format!("/forest/actions/{name}")
}

fn admin() -> LocalRole {
    LocalRole::new("Admin")
}

fn paid() -> Filter {
    Filter::leaf("status", Operator::Equal, "paid")
}

#[actix_web::test]
async fn sel_09_a_record_outside_the_scope_is_missing_for_the_caller() {
    for stage in stages(|builder| builder.actions(all()).local_role(admin().scope("transactions", paid()))).await {
        let app = stage.serve().await;
        let gone = Call::post(action("one-transaction")).ids(["2"]).send(&app).await;
        assert!(gone.detail(404).contains("you may not see it"), "{gone:?}");
        assert_eq!(stage.runs(), 0);
        let partly = Call::post(action("some-transactions"))
            .ids(["1", "2", "7"])
            .send(&app)
            .await;
        assert!(partly.success().starts_with("ran on [1, 7]") && partly.success().contains("2 of the 3"));
    }
}

#[actix_web::test]
async fn sel_17_only_permitted_read_only_queries_run() {
    const LARGE: &str = "SELECT id FROM transactions WHERE amount > 100";
    const PAID: &str = "select id\nfrom transactions where status = 'paid';";
    const DELETE: &str = "DELETE FROM transactions";
    const CHAINED: &str = "SELECT id FROM transactions; DELETE FROM transactions";
    const UNION: &str = "/*MULTI-SEGMENTS-QUERIES-UNION*/ UNION ";
    let role = || {
        [LARGE, PAID, DELETE, CHAINED]
            .iter()
            .fold(admin(), |role, sql| role.live_query("transactions", *sql))
    };
    for stage in stages(|builder| builder.actions(all()).local_role(role())).await {
        if stage.is_memory() {
            continue;
        }
        let app = stage.serve().await;
        let before = stage.rows().await;
        let query = |sql: &str| all_of(json!({ "segmentQuery": sql }));
        let large = ["8", "10", "12", "15"];
        for same in [LARGE.to_owned(), format!("  {LARGE} ; \n"), format!("{LARGE};;")] {
            assert_eq!(selected(&app, "transactions", query(&same)).await, large, "{same}");
        }
        let union = format!("{LARGE}{UNION}{PAID}");
        assert_eq!(selected(&app, "transactions", query(&union)).await.len(), 19);
        let both = json!({"segmentQuery": LARGE, "filters": {"field": "status", "operator": "equal", "value": "paid"}});
        assert_eq!(selected(&app, "transactions", all_of(both)).await, ["8", "10", "15"]);

        stage.runs();
        let others = [
            "SELECT id FROM transactions".to_owned(),
            LARGE.to_lowercase(),
            LARGE.replace("100", "1"),
            format!("{LARGE} OR 1 = 1"),
            format!("{LARGE}{UNION}SELECT id FROM transactions"),
            format!("{LARGE} UNION {PAID}"),
            format!("{LARGE}; {PAID}"),
            format!("{LARGE} -- {PAID}"),
            "x".repeat(200_000),
        ];
        for sql in &others {
            let refused = select(&app, "transactions", query(sql)).await;
            let refused = refused.detail(403);
            assert_eq!(
                refused,
                "User ada@example.com is not authorized to browse on collection transactions"
            );
            if sql.len() < 1_000 {
                let refused = list(&app, "transactions", &json!({ "segmentQuery": sql })).await;
                assert_eq!(refused.status(), 403, "{refused:?}");
            }
        }
        let elsewhere = select(&app, "companies", query(LARGE)).await;
        assert_eq!(elsewhere.status(), 403, "a grant is for one collection: {elsewhere:?}");
        for (sql, text) in [
            (DELETE, "Only SELECT queries are allowed."),
            (CHAINED, "You cannot chain SQL queries."),
            (" ; ", "You cannot execute an empty SQL query."),
        ] {
            assert_eq!(select(&app, "transactions", query(sql)).await.detail(422), text);
        }
        assert_eq!(stage.runs(), 0, "nothing ran");
        assert_eq!(stage.rows().await, before);
    }
}

#[actix_web::test]
async fn sel_17_a_permitted_query_cannot_write_and_its_error_is_neutral() {
    // a common table expression is a SELECT only to those who do not read on
    const WRITES: &str = "SELECT id FROM (SELECT 1 AS id FROM transactions) AS t; ";
    const UNKNOWN: &str = "SELECT id FROM no_such_table";
    const VARIABLE: &str = "SELECT id FROM transactions WHERE label = {{currentUser.tags.label}}";
    const QUOTED: &str = "SELECT id FROM transactions WHERE label = '{{currentUser.tags.label}}'";
    let role = || {
        [WRITES, UNKNOWN, VARIABLE, QUOTED]
            .iter()
            .fold(admin(), |role, sql| role.live_query("transactions", *sql))
    };
    for stage in stages(|builder| builder.actions(all()).local_role(role())).await {
        if stage.is_memory() {
            continue;
        }
        let app = stage.serve().await;
        let run = |sql: &str, label: &str| {
            let mut claims = claims();
            claims["tags"] = json!([{"key": "label", "value": label}]);
            let call = Call::post(action("ids-of-transactions")).attributes(all_of(json!({ "segmentQuery": sql })));
            call.bearer(&mint(&claims))
        };
        assert_eq!(ids_in(&run(WRITES, "").send(&app).await), ["1"]);
        let unknown = run(UNKNOWN, "").send(&app).await.detail(422);
        assert!(
            unknown.contains("Live Query") && !unknown.contains("no_such_table"),
            "{unknown}"
        );
        let bound = run(VARIABLE, "Subscription").send(&app).await;
        assert_eq!(ids_in(&bound), ["9", "10"]);
        for hostile in [
            "x' OR '1' = '1",
            "x; DROP TABLE transactions",
            "{{currentUser.id}}",
            "$1",
        ] {
            let found = run(VARIABLE, hostile).send(&app).await;
            assert_eq!(ids_in(&found), [""; 0], "{hostile}");
        }
        assert!(
            run(QUOTED, "x")
                .send(&app)
                .await
                .detail(422)
                .contains("must stand alone")
        );
    }
}

#[actix_web::test]
async fn per_09_scopes_use_the_actual_primary_key() {
    let leads = Filter::leaf("role", Operator::Equal, "lead");
    let role = || {
        admin()
            .scope("assignments", leads.clone())
            .scope("customers", Filter::leaf("vip", Operator::Equal, true))
    };
    for stage in stages(|builder| builder.actions(all()).local_role(role())).await {
        let app = stage.serve().await;
        let one = |company: i64| Call::post(action("one-assignment")).ids([format!("{ALICE}|{company}")]);
        assert_eq!(one(2).send(&app).await.success(), format!("{ALICE} and 2"));
        assert_eq!(one(3).send(&app).await.status(), 404, "an advisor's");
        assert_eq!(selected(&app, "assignments", all_of(json!({}))).await.len(), 4);
        assert_eq!(
            list(&app, &format!("assignments/{ALICE}%7C2"), &json!({}))
                .await
                .status(),
            200
        );
        assert_eq!(
            list(&app, &format!("assignments/{ALICE}%7C3"), &json!({}))
                .await
                .status(),
            404
        );
        let bob = ALICE.replace("01", "02");
        let ids = json!({"ids": [ALICE, bob]});
        let partly = select(&app, "customers", ids).await;
        assert!(partly.text().contains("1 of the 2"), "{partly:?}");
    }
}

#[actix_web::test]
async fn per_10_a_collection_without_a_table_has_roles_but_no_records() {
    let role = || admin().scope("transactions", paid()).deny("reports", "One report");
    for stage in stages(|builder| builder.actions(actions![one_report, some_reports]).local_role(role())).await {
        let app = stage.serve().await;
        let denied = Call::post(action("one-report")).ids(["a/b"]).send(&app).await;
        assert_eq!(denied.name(), "CustomActionTriggerForbiddenError");
        let ids = Call::post(action("some-reports")).ids(["a/b", "c|d"]).send(&app).await;
        assert_eq!(ids.success(), "a/b,c|d", "as they were sent");
        let all = Call::post(action("some-reports"))
            .attributes(all_of(json!({})))
            .send(&app)
            .await;
        assert!(all.detail(422).contains("record source"), "{all:?}");
    }
}

#[actix_web::test]
async fn per_13_requested_ids_are_limited_to_the_scope_first() {
    for stage in stages(|builder| builder.actions(all()).local_role(admin().scope("transactions", paid()))).await {
        let app = stage.serve().await;
        let hook = |attributes: Value| Call::post(action("some-transactions/hooks/load")).attributes(attributes);
        let note = |answer: Answer| answer.json()["fields"][0]["value"].clone();
        assert_eq!(note(hook(json!({"ids": ["2", "1", "7"]})).send(&app).await), "[1, 7] 2");
        assert_eq!(note(hook(json!({"ids": ["2"]})).send(&app).await), "[] 0");
        let all = note(hook(all_of(filter("amount", "less_than", json!(10)))).send(&app).await);
        assert_eq!(all, "[16, 20] 2");
        let everybody = Call::post(action("some-transactions"))
            .ids((1..=40).collect::<Vec<_>>())
            .send(&app)
            .await;
        assert!(everybody.success().contains("18 of the 40"), "{everybody:?}");
        assert_eq!(listed(&app, "transactions", &json!({})).await.len(), 18);
        assert_eq!(list(&app, "transactions/2", &json!({})).await.status(), 404);
    }
}

#[actix_web::test]
async fn per_15_scope_and_filters_are_combined_with_their_types() {
    let rich = Filter::and([
        Filter::leaf("is_active", Operator::Equal, true),
        Filter::leaf("employees", Operator::GreaterThan, 10),
    ]);
    for stage in stages(|builder| {
        builder
            .actions(all())
            .local_role(admin().scope("companies", rich.clone()))
    })
    .await
    {
        let app = stage.serve().await;
        assert_eq!(
            selected(&app, "companies", all_of(json!({}))).await,
            ["1", "2", "7", "10", "12", "14"]
        );
        let leaf = json!({"field": "industry", "operator": "equal", "value": "media"});
        for filters in [leaf.clone(), json!(leaf.to_string())] {
            let ids = selected(&app, "companies", all_of(json!({ "filters": filters }))).await;
            assert_eq!(ids, ["7", "12", "14"]);
        }
        // a filter joined by "or" must not open the scope
        let or = json!({"aggregator": "or", "conditions": [leaf, {"field": "id", "operator": "equal", "value": 3}]});
        let ids = selected(&app, "companies", all_of(json!({ "filters": or }))).await;
        assert_eq!(ids, ["7", "12", "14"]);
    }
}

#[actix_web::test]
async fn per_16_an_unknown_scope_variable_hides_all_records_and_is_reported() {
    let mine = Filter::leaf("country", Operator::Equal, "{{currentUser.tags.nothing}}");
    for stage in stages(|builder| {
        builder
            .actions(all())
            .local_role(admin().scope("customers", mine.clone()))
    })
    .await
    {
        let app = stage.serve().await;
        for answer in [
            select(&app, "customers", all_of(json!({}))).await,
            select(&app, "customers", json!({"ids": [ALICE]})).await,
            list(&app, "customers", &json!({})).await,
            list(&app, "customers/count", &json!({})).await,
            list(&app, &format!("customers/{ALICE}"), &json!({})).await,
        ] {
            assert!(answer.detail(403).contains("currentUser.tags.nothing"), "{answer:?}");
        }
        assert_eq!(stage.runs(), 0, "nothing ran");
        assert_eq!(
            listed(&app, "companies", &json!({})).await.len(),
            14,
            "other collections are as before"
        );
    }
}

#[actix_web::test]
async fn per_17_a_variable_takes_the_type_of_the_compared_field() {
    let role = || {
        admin()
            .scope(
                "transactions",
                Filter::leaf("id", Operator::GreaterThan, "{{currentUser.id}}"),
            )
            .scope(
                "companies",
                Filter::leaf("is_active", Operator::Equal, "{{currentUser.tags.active}}"),
            )
            .scope(
                "customers",
                Filter::leaf("country", Operator::In, "{{currentUser.tags.countries}}"),
            )
            .scope(
                "assignments",
                Filter::leaf("role", Operator::Equal, "{{currentUser.tags.prefix}}d"),
            )
    };
    for stage in stages(|builder| builder.actions(all()).local_role(role())).await {
        let app = stage.serve().await;
        let mut claims = claims();
        claims["id"] = json!("38");
        claims["tags"] = json!([
            {"key": "active", "value": "true"}, {"key": "countries", "value": "FR, ES"},
            {"key": "prefix", "value": "lea"},
        ]);
        let token = mint(&claims);
        let count = async |collection: &str| {
            let call = Call::post(action(&format!("ids-of-{collection}"))).attributes(all_of(json!({})));
            ids_in(&call.bearer(&token).send(&app).await).len()
        };
        assert_eq!(count("transactions").await, 2, "39 and 40, as numbers");
        assert_eq!(count("companies").await, 7);
        assert_eq!(count("customers").await, 4, "one of several");
        assert_eq!(count("assignments").await, 4);
        // the content of a tag is a value, never part of a filter or another variable
        claims["tags"] = json!([{"key": "prefix", "value": "{{currentUser.email}}' OR '1' = '1"}]);
        let call = Call::post(action("ids-of-assignments")).attributes(all_of(json!({})));
        let found = call.bearer(&mint(&claims)).send(&app).await;
        assert_eq!(ids_in(&found), [""; 0]);
    }
}
