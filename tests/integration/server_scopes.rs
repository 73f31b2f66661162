//! Scopes that come from the rendering, through the whole program: every selection and every list has them (PER-13 to
//! PER-17).

use forest_actions::prelude::*;
use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, RelationModel, ValueType};
use forest_actions::testing::{FakeForest, FakeUser, Fault};
use serde_json::{Value, json};

use crate::support::connected::{ARCHIVE, RENDERINGS, SAM, condition, done, project, project_with};
use crate::support::{Agent, Call, Log, MARK_AS_LIVE, Runs, TestService, companies, query_string};

/// A project in which Sam archives and browses companies, seen through this scope.
pub(crate) async fn scoped(scope: Value) -> FakeForest {
    let fake = project().await;
    scope_of(&fake, scope);
    fake
}

pub(crate) fn scope_of(fake: &FakeForest, scope: Value) {
    fake.role("Support")
        .may_trigger("companies", "Archive")
        .may_browse("companies");
    fake.role("Support").may_trigger("companies", "Mark as Live");
    fake.rendering(1).scope("companies", scope);
}

pub(crate) async fn archived(app: &impl TestService, fake: &FakeForest, attributes: Value) -> String {
    let call = Call::post(ARCHIVE).by(fake, SAM).attributes(attributes);
    done(&call.send(app).await)
}

pub(crate) fn all(subset: Value) -> Value {
    json!({"all_records": true, "all_records_subset_query": subset, "all_records_ids_excluded": []})
}

/// The ids of the list with these parameters.
pub(crate) async fn listed(app: &impl TestService, fake: &FakeForest, parameters: &[(&str, &str)]) -> Vec<String> {
    let uri = format!("/forest/companies?{}", query_string(parameters));
    let answer = Call::read(uri).by(fake, SAM).send(app).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    let document = answer.json();
    let rows = document["data"].as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[smart_action(collection = "companies", name = "Peek at ids", kind = "bulk", load = peek)]
async fn peek_at_ids(_form: Form<Peek>) {}

#[allow(dead_code, reason = "the hook sees it untyped")]
#[derive(ActionForm)]
struct Peek {
    ids: Option<String>,
}

/// Shows which ids a form hook gets.
async fn peek(mut form: FormState<Peek>, ids: RecordIds<String>, runs: web::Data<Runs>) -> HookResult<Peek> {
    runs.add();
    form.field("ids").set_value(ids.join(","));
    Ok(form)
}

#[actix_web::test]
async fn per_13_ids_are_limited_to_the_scope_first() {
    let fake = scoped(condition("country", "equal", "UK")).await;
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    assert_eq!(
        archived(&app, &fake, json!({"ids": ["1", "2", "5", "77"]})).await,
        "1,5"
    );
    assert_eq!(archived(&app, &fake, all(json!({}))).await, "1,5");
    assert_eq!(listed(&app, &fake, &[]).await, ["1", "5"]);
    for (path, id) in [("/forest/actions/mark-as-live", "2"), (ARCHIVE, "3")] {
        let answer = Call::post(path).by(&fake, SAM).ids([id]).send(&app).await;
        assert_eq!(answer.status(), 404, "{path} {answer:?}");
    }
    let hidden = Call::read("/forest/companies/2").by(&fake, SAM).send(&app).await;
    assert_eq!(hidden.status(), 404);
    let count = Call::read("/forest/companies/count").by(&fake, SAM).send(&app).await;
    assert_eq!(count.json()["count"], 2);
    let csv = Call::read("/forest/companies.csv?fields%5Bcompanies%5D=id,name&header=id,name").by(&fake, SAM);
    let csv = csv.send(&app).await;
    assert!(csv.text().contains("Acme") && !csv.text().contains("Globex"), "{csv:?}");
    assert_eq!(agent.runs.count(), 2);
}

#[actix_web::test]
async fn per_13_hooks_and_conditions_see_only_scoped_records() {
    let fake = scoped(condition("country", "equal", "UK")).await;
    fake.grant("Support", "companies", "Peek at ids");
    // the condition holds for the British ones only, so it would fail if the others were counted
    fake.role("Support")
        .may_trigger_if("companies", "Archive", condition("country", "equal", "UK"));
    let settings = |builder: forest_actions::ForestBuilder| builder.actions(actions![peek_at_ids]);
    let agent = Agent::of_with(&fake, settings).await;
    let app = agent.serve().await;
    let call = Call::post("/forest/actions/peek-at-ids/hooks/load").by(&fake, SAM);
    let answer = call.ids(["1", "2", "5"]).send(&app).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    assert_eq!(answer.json()["fields"][0]["value"], "1,5");
    assert_eq!(archived(&app, &fake, json!({"ids": ["1", "2", "5"]})).await, "1,5");
    assert_eq!(archived(&app, &fake, all(json!({}))).await, "1,5");
}

/// Owners, and the companies that they have.
fn owned() -> MemoryRecords {
    let owners = CollectionModel::new("owners")
        .field(FieldModel::new("id", ValueType::Integer))
        .key(["id"])
        .relation(RelationModel::has_many("companies", "companies", "id", "owner_id"));
    let mut owner = FieldModel::new("owner_id", ValueType::Integer);
    owner.is_foreign_key = true;
    let companies = CollectionModel::new("companies")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("country", ValueType::Text))
        .field(owner)
        .key(["id"]);
    let row = |id: i64, country: &str, owner: i64| json!({"id": id, "country": country, "owner_id": owner});
    MemoryRecords::new()
        .collection(owners, vec![json!({"id": 1}), json!({"id": 2})])
        .collection(
            companies,
            vec![row(1, "UK", 1), row(2, "FR", 1), row(3, "UK", 2), row(4, "UK", 1)],
        )
}

#[actix_web::test]
async fn per_14_a_related_list_uses_the_action_collection_scope() {
    let fake = scoped(condition("country", "equal", "UK")).await;
    // the parent forbids it, and another action of that name would be allowed
    fake.role("Support")
        .may_not(forest_actions::testing::CollectionRight::Browse, "owners");
    fake.grant("Operations", "owners", "Archive");
    let settings = |builder: forest_actions::ForestBuilder| {
        let builder = builder.actions(companies()).records(owned());
        builder.schema_upload(false).schema_file(false)
    };
    let agent = Agent::connected_to(fake.clone(), settings).await;
    let app = agent.serve().await;
    let inside = |mut attributes: Value| {
        attributes["parent_collection_name"] = json!("owners");
        attributes["parent_collection_id"] = json!("1");
        attributes["parent_association_name"] = json!("companies");
        Call::post(ARCHIVE).attributes(attributes)
    };
    for attributes in [json!({"ids": ["1", "2", "4"]}), all(json!({}))] {
        let answer = inside(attributes.clone()).by(&fake, SAM).send(&app).await;
        assert_eq!(done(&answer), "1,4");
        let answer = inside(attributes)
            .by(&fake, crate::support::connected::OLGA)
            .send(&app)
            .await;
        assert_eq!(answer.status(), 403, "a right on the parent's is none here");
    }
    assert_eq!(agent.runs.count(), 2);
}

/// Hours, one after the other, around a midnight.
fn hours() -> MemoryRecords {
    let model = CollectionModel::new("companies")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("at", ValueType::Instant))
        .key(["id"]);
    let rows = [
        (1, "2024-05-14T20:00:00Z"),
        (2, "2024-05-15T09:00:00Z"),
        (3, "2024-05-16T09:00:00Z"),
    ];
    let rows = rows.map(|(id, at)| json!({"id": id, "at": at}));
    MemoryRecords::new().collection(model, rows.to_vec())
}

#[actix_web::test]
async fn sel_14_a_trusted_time_zone_decides_the_day_of_scopes_and_conditions() {
    let today = json!({"field": "at", "operator": "today", "value": null});
    for trusted in [false, true] {
        let fake = project().await;
        scope_of(&fake, today.clone());
        fake.role("Support")
            .requires_approval_if("companies", "Mark as Live", today.clone());
        let settings = |builder: forest_actions::ForestBuilder| {
            let builder = builder.actions(companies()).records(hours());
            let builder = builder.clock(|| "2024-05-15T10:30:00Z".parse().unwrap());
            let builder = match trusted {
                true => builder.trusted_timezone("UTC".parse().unwrap()),
                false => builder,
            };
            builder.schema_upload(false).schema_file(false)
        };
        let agent = Agent::connected_to(fake.clone(), settings).await;
        let app = agent.serve().await;
        // there the 16th began half an hour ago
        let zones = [("UTC", "2"), ("Pacific/Kiritimati", if trusted { "2" } else { "3" })];
        for (zone, expected) in zones {
            let shown = listed(&app, &fake, &[("timezone", zone)]).await;
            assert_eq!(shown.join(","), expected, "{zone} {trusted}");
            let call = Call::post(format!("{ARCHIVE}?{}", query_string(&[("timezone", zone)])));
            let call = call.by(&fake, SAM).attributes(all(json!({"timezone": zone})));
            assert_eq!(done(&call.send(&app).await), expected, "{zone} {trusted}");
        }
        // the list itself stays in the zone of the request
        fake.rendering(1).scope("companies", json!(null));
        assert_eq!(Call::invalidation(&fake, 1).send(&app).await.status(), 204);
        let filters = today.to_string();
        for (zone, expected) in [("UTC", "2"), ("Pacific/Kiritimati", "3")] {
            let shown = listed(&app, &fake, &[("timezone", zone), ("filters", &filters)]).await;
            assert_eq!(shown.join(","), expected, "{zone} {trusted}");
        }
        for (zone, needed) in [("UTC", false), ("Pacific/Kiritimati", !trusted)] {
            let call = Call::post(format!("{MARK_AS_LIVE}?{}", query_string(&[("timezone", zone)])));
            let answer = call.by(&fake, SAM).ids(["3"]).send(&app).await;
            assert_eq!(
                answer.status(),
                if needed { 403 } else { 200 },
                "{zone} {trusted}: {answer:?}"
            );
        }
    }
}

#[actix_web::test]
async fn per_15_scope_and_filters_are_combined_and_keep_their_types() {
    for (scope, expected) in [
        (condition("vip", "equal", true), ["3", "5"].as_slice()),
        (condition("vip", "equal", false), &["2"]),
        (condition("amount", "equal", 500), &["3"]),
        (condition("amount", "in", json!([500, 2_000])), &["2", "3"]),
        (
            json!({"aggregator": "or", "conditions": [condition("amount", "equal", 500), condition("country", "equal", "UK")]}),
            &["3", "5"],
        ),
    ] {
        let fake = scoped(scope.clone()).await;
        let agent = Agent::of(&fake).await;
        let app = agent.serve().await;
        let filter = condition("amount", "greater_than", 200);
        // the user's filter as a text and as it is
        for filters in [json!(filter.to_string()), filter.clone()] {
            let ids = archived(&app, &fake, all(json!({"filters": filters}))).await;
            assert_eq!(ids, expected.join(","), "{scope}");
        }
        let ids = listed(&app, &fake, &[("filters", &filter.to_string())]).await;
        assert_eq!(ids, expected, "{scope}");
    }
}

#[actix_web::test]
async fn per_16_an_unknown_variable_hides_all_records_and_is_reported() {
    for (scope, name) in [
        (
            condition("country", "equal", "{{currentUser.tags.nope}}"),
            "currentUser.tags.nope",
        ),
        (
            condition("country", "equal", "{{currentUser.nope}}"),
            "currentUser.nope",
        ),
        (condition("country", "equal", "{{ nobody }}"), "nobody"),
        (
            condition("country", "in", json!(["UK", "{{currentUser.team.nope}}"])),
            "currentUser.team.nope",
        ),
    ] {
        let fake = scoped(scope.clone()).await;
        let agent = Agent::of(&fake).await;
        let app = agent.serve().await;
        for call in [
            Call::post(ARCHIVE).ids(["1"]),
            Call::post(ARCHIVE).attributes(all(json!({}))),
            Call::post("/forest/actions/archive/hooks/load").ids(["1"]),
            Call::read("/forest/companies"),
            Call::read("/forest/companies/1"),
            Call::read("/forest/companies.csv"),
        ] {
            let answer = call.by(&fake, SAM).send(&app).await;
            assert!((400..500).contains(&answer.status()), "{scope}: {answer:?}");
            assert!(answer.text().contains(name), "{scope}: {answer:?}");
        }
        assert_eq!(agent.runs.count(), 0);
    }
}

#[actix_web::test]
async fn per_17_variables_are_typed_and_come_from_the_server() {
    let fake = project_with(|builder| {
        let sam = FakeUser::new(SAM, "sam@example.com")
            .name("Sam", "Porter")
            .role("Support");
        builder.user(sam.tag("country", "UK").tag("limit", "500").tag("key", "2"))
    })
    .await;
    fake.rendering(1).team(7, "UK");
    scope_of(&fake, json!(null));
    for (scope, expected) in [
        (condition("country", "equal", "{{currentUser.tags.country}}"), "1,5"),
        (condition("amount", "equal", "{{currentUser.tags.limit}}"), "3"),
        (condition("amount", "less_than", "{{currentUser.tags.limit}}"), "1,4"),
        (condition("id", "equal", "{{currentUser.id}}"), "2"),
        (condition("country", "equal", "{{currentUser.team.name}}"), "1,5"),
        (condition("name", "not_equal", "{{currentUser.fullName}}"), "1,2,3,4,5"),
    ] {
        fake.rendering(1).scope("companies", scope.clone());
        let agent = Agent::of(&fake).await;
        let app = agent.serve().await;
        assert_eq!(archived(&app, &fake, all(json!({}))).await, expected, "{scope}");
        // a token that claims another country sees no other records
        let token = fake
            .user_token(SAM)
            .claim("tags", json!([{"key": "country", "value": "FR"}]));
        let token = token.claim("team", "FR").claim("firstName", "x").sign();
        let answer = Call::post(ARCHIVE)
            .bearer(&token)
            .attributes(all(json!({})))
            .send(&app)
            .await;
        assert_eq!(answer.success(), expected, "{scope}");
    }
    // the conditions of roles have the same variables
    fake.rendering(1).no_scope("companies");
    fake.role("Support").may_trigger_if(
        "companies",
        "Archive",
        condition("country", "equal", "{{currentUser.tags.country}}"),
    );
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    assert_eq!(archived(&app, &fake, json!({"ids": ["1", "5"]})).await, "1,5");
    let refused = Call::post(ARCHIVE).by(&fake, SAM).ids(["1", "2"]).send(&app).await;
    assert_eq!(refused.status(), 403);
}

/// A project in which Sam has tags of every type.
async fn tagged() -> FakeForest {
    let fake = project_with(|builder| {
        let sam = FakeUser::new(SAM, "sam@example.com").role("Support");
        let sam = sam
            .tag("countries", json!(["FR", "ES"]))
            .tag("number", 5)
            .tag("yes", true);
        builder.user(sam.tag("object", json!({"s3cret": 5})))
    })
    .await;
    scope_of(&fake, json!(null));
    fake
}

#[actix_web::test]
async fn per_17_tags_of_any_type_are_compared_by_their_type() {
    for (field, operator, value, expected) in [
        ("country", "in", json!("{{currentUser.tags.countries}}"), "2,3"),
        (
            "country",
            "in",
            json!(["US", "{{currentUser.tags.countries}}"]),
            "2,3,4",
        ),
        ("country", "not_in", json!("{{currentUser.tags.countries}}"), "1,4,5"),
        ("id", "equal", json!("{{currentUser.tags.number}}"), "5"),
        ("id", "less_than", json!("{{currentUser.tags.number}}"), "1,2,3,4"),
        ("id", "in", json!("{{currentUser.tags.number}}"), "5"),
        ("id", "in", json!(["{{currentUser.tags.number}}", 1]), "1,5"),
        ("id", "not_in", json!("{{currentUser.tags.number}}"), "1,2,3,4"),
        // a template: its text is a number only when it is put together
        ("amount", "less_than", json!("{{currentUser.tags.number}}01"), "1,3,4"),
        ("vip", "equal", json!("{{currentUser.tags.yes}}"), "1,3,5"),
        ("vip", "in", json!("{{currentUser.tags.yes}}"), "1,3,5"),
    ] {
        let filter = condition(field, operator, value);
        let fake = tagged().await;
        fake.rendering(1).scope("companies", filter.clone());
        let agent = Agent::of(&fake).await;
        let app = agent.serve().await;
        assert_eq!(archived(&app, &fake, all(json!({}))).await, expected, "{filter}");
        assert_eq!(listed(&app, &fake, &[]).await.join(","), expected, "{filter}");
        let fake = tagged().await;
        fake.role("Support")
            .may_trigger_if("companies", "Archive", filter.clone());
        let agent = Agent::of(&fake).await;
        let app = agent.serve().await;
        for id in ["1", "2", "3", "4", "5"] {
            let holds = expected.split(',').any(|expected| expected == id);
            let answer = Call::post(ARCHIVE).by(&fake, SAM).ids([id]).send(&app).await;
            assert_eq!(
                answer.status(),
                if holds { 200 } else { 403 },
                "{filter} {id} {answer:?}"
            );
        }
        // approvals use the same values
        let fake = tagged().await;
        fake.role("Support")
            .requires_approval_if("companies", "Archive", filter.clone());
        let agent = Agent::of(&fake).await;
        let app = agent.serve().await;
        for id in ["1", "2", "3", "4", "5"] {
            let holds = expected.split(',').any(|expected| expected == id);
            let answer = Call::post(ARCHIVE).by(&fake, SAM).ids([id]).send(&app).await;
            assert_eq!(
                answer.status(),
                if holds { 403 } else { 200 },
                "{filter} {id} {answer:?}"
            );
        }
    }
}

#[actix_web::test]
async fn per_17_an_incomparable_tag_is_denied_and_logged() {
    let misfits = [
        ("country", "equal", "countries"),
        ("id", "equal", "countries"),
        ("id", "in", "countries"),
        ("id", "less_than", "countries"),
        ("id", "less_than", "yes"),
        ("vip", "equal", "number"),
    ];
    let objects = ["equal", "not_equal", "in", "not_in", "less_than"].map(|operator| ("id", operator, "object"));
    let texts = ["equal", "not_equal", "in", "not_in"].map(|operator| ("country", operator, "object"));
    for (field, operator, tag) in misfits.into_iter().chain(objects).chain(texts) {
        let filter = condition(field, operator, format!("{{{{currentUser.tags.{tag}}}}}"));
        let fake = tagged().await;
        fake.rendering(1).scope("companies", filter.clone());
        let agent = Agent::of(&fake).await;
        let app = agent.serve().await;
        for call in [
            Call::post(ARCHIVE).ids(["1"]),
            Call::post(ARCHIVE).attributes(all(json!({}))),
            Call::read("/forest/companies"),
        ] {
            let log = Log::capture();
            let answer = call.by(&fake, SAM).send(&app).await;
            assert_eq!(
                (answer.status(), answer.name().as_str()),
                (403, "InvalidScopeError"),
                "{filter}"
            );
            let cause = |line: &crate::support::Line| {
                let error = line.get("error");
                error.contains("the scope of `companies` cannot be applied") && error.contains(field)
            };
            assert!(log.lines().iter().any(cause), "{filter}: {:?}", log.lines());
            assert!(!log.text().contains("s3cret"), "{filter}: {}", log.text());
        }
        assert_eq!(agent.runs.count(), 0);
        let fake = tagged().await;
        fake.role("Support")
            .may_trigger_if("companies", "Archive", filter.clone());
        let agent = Agent::of(&fake).await;
        let app = agent.serve().await;
        for attributes in [json!({"ids": ["1"]}), all(json!({}))] {
            let log = Log::capture();
            let answer = Call::post(ARCHIVE).by(&fake, SAM).attributes(attributes);
            let answer = answer.send(&app).await;
            assert_eq!(answer.name(), "InvalidActionConditionError", "{filter}: {answer:?}");
            assert_eq!(answer.status(), 422, "{filter}");
            let cause = |line: &crate::support::Line| line.get("error").contains(field);
            assert!(log.lines().iter().any(cause), "{filter}: {:?}", log.lines());
            assert!(!log.text().contains("s3cret"), "{filter}: {}", log.text());
        }
        assert_eq!(agent.runs.count(), 0);
    }
}

#[actix_web::test]
async fn per_02_an_invalid_scope_is_not_disclosed_to_the_user() {
    for scope in [
        condition("id", "equal", "s3cret-value"),
        condition("s3cret", "equal", 1),
        condition("amount", "in", "1,s3cret"),
        condition("vip", "contains", "s3cret"),
        condition("s3cret:name", "equal", "x"),
        condition("id", "s3cret", 1),
        condition("id", "equal", "{{currentUser.email}}"),
    ] {
        let fake = scoped(scope.clone()).await;
        let agent = Agent::of(&fake).await;
        let app = agent.serve().await;
        for call in [
            Call::post(ARCHIVE).ids(["1"]),
            Call::post(ARCHIVE).attributes(all(json!({}))),
            Call::read("/forest/companies"),
            Call::read("/forest/companies/1"),
            Call::read("/forest/companies.csv"),
        ] {
            let log = Log::capture();
            let answer = call.by(&fake, SAM).send(&app).await;
            assert_eq!(answer.name(), "InvalidScopeError", "{scope}: {answer:?}");
            assert!(answer.detail(403).contains("cannot be told"), "{scope}: {answer:?}");
            for hidden in ["s3cret", "country", "sam@"] {
                assert!(!answer.text().contains(hidden), "{scope}: {answer:?}");
            }
            let lines = log.lines();
            let told = lines
                .iter()
                .any(|line| line.get("error").contains("the scope of `companies`"));
            assert!(told, "{scope}: {lines:?}");
        }
        assert_eq!(agent.runs.count(), 0);
        // errors in the request's own filter are still reported
        let fake = scoped(json!(null)).await;
        let agent = Agent::of(&fake).await;
        let app = agent.serve().await;
        let own = condition("nothing", "equal", 1).to_string();
        let uri = format!("/forest/companies?{}", query_string(&[("filters", &own)]));
        let answer = Call::read(uri).by(&fake, SAM).send(&app).await;
        assert!(answer.detail(400).contains("nothing"), "{answer:?}");
    }
}

#[actix_web::test]
async fn per_15_scopes_and_conditions_may_be_json_text() {
    let french = condition("country", "equal", "FR");
    let fake = scoped(json!(french.to_string())).await;
    fake.role("Support")
        .may_trigger_if("companies", "Mark as Live", json!(french.to_string()));
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    assert_eq!(archived(&app, &fake, all(json!({}))).await, "2,3");
    assert_eq!(listed(&app, &fake, &[]).await, ["2", "3"]);
    let live = Call::post("/forest/actions/mark-as-live").by(&fake, SAM);
    assert_eq!(live.ids(["2"]).send(&app).await.status(), 200);
    for text in ["", "{", "null", "[]", "\"\"", "x"] {
        let fake = scoped(json!(text)).await;
        let agent = Agent::of(&fake).await;
        let app = agent.serve().await;
        let answer = Call::post(ARCHIVE).by(&fake, SAM).ids(["1"]).send(&app).await;
        assert_eq!(answer.name(), "InvalidScopeError", "{text:?} {answer:?}");
        let fake = scoped(json!(null)).await;
        fake.role("Support").may_trigger_if("companies", "Archive", json!(text));
        let agent = Agent::of(&fake).await;
        let app = agent.serve().await;
        let answer = Call::post(ARCHIVE).by(&fake, SAM).ids(["1"]).send(&app).await;
        assert_eq!(answer.name(), "InvalidActionConditionError", "{text:?} {answer:?}");
        let other = Call::post("/forest/actions/mark-as-live").by(&fake, SAM).ids(["1"]);
        assert_eq!(other.send(&app).await.status(), 200, "{text:?}");
    }
}

#[actix_web::test]
async fn sel_08_a_global_action_does_not_fetch_scopes() {
    let fake = project().await;
    fake.role("Support")
        .may_trigger("companies", "Archive")
        .may_trigger("companies", "Recount");
    fake.fault(RENDERINGS, Fault::Status(500));
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    for path in [
        "/forest/actions/recount",
        "/forest/actions/recount/hooks/load",
        "/forest/actions/ping",
    ] {
        let answer = Call::post(path).by(&fake, SAM).send(&app).await;
        assert_eq!(answer.status(), 200, "{path}: {answer:?}");
    }
    assert_eq!(fake.count(RENDERINGS), 0);
    let answer = Call::post(ARCHIVE).by(&fake, SAM).ids(["1"]).send(&app).await;
    assert_eq!(answer.name(), "PermissionsUnavailableError");
    assert_eq!(agent.runs.count(), 2);
}
