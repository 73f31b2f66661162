//! The permissions of roles for actions, hooks and records, through the whole program (PER-07 to PER-12, PER-18,
//! PER-19).

use forest_actions::prelude::*;
use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, RelationModel, ValueType};
use forest_actions::testing::{ActionRight, ApprovalRequest, CollectionRight, FakeForest};
use serde_json::json;

use crate::support::connected::{ADA, ARCHIVE, OLGA, RECOUNT, SAM, asked, condition, done, project, project_with};
use crate::support::{Agent, Call, Log, MARK_AS_LIVE, Runs, TestService, companies};

/// Assignments have a key of two columns, neither of which is called id.
#[smart_action(collection = "server assignments", name = "Renew", kind = "bulk")]
async fn renew(ids: RecordIds<String>, runs: web::Data<Runs>) -> ActionResult {
    runs.add();
    Ok(success(ids.into_inner().join(",")))
}

fn assignments() -> MemoryRecords {
    let model = CollectionModel::new("server assignments")
        .field(FieldModel::new("company", ValueType::Integer))
        .field(FieldModel::new("person", ValueType::Text))
        .field(FieldModel::new("amount", ValueType::Integer))
        .key(["company", "person"]);
    let row = |company: i64, person: &str, amount: i64| json!({"company": company, "person": person, "amount": amount});
    MemoryRecords::new().collection(
        model,
        vec![row(1, "a-b", 10), row(1, "c", 90), row(2, "a-b", 20), row(2, "c", 95)],
    )
}

/// Reports have no table.
#[smart_action(collection = "server reports", name = "Publish", kind = "bulk")]
async fn publish(ids: RecordIds<String>, runs: web::Data<Runs>) -> ActionResult {
    runs.add();
    Ok(success(ids.into_inner().join(",")))
}

#[smart_action(collection = "server reports", name = "Publish all", kind = "global")]
async fn publish_all(runs: web::Data<Runs>) {
    runs.add();
}

#[allow(dead_code, reason = "hooks see the values untyped")]
#[derive(ActionForm)]
struct Letter {
    #[field(change = subject_changed)]
    subject: Option<String>,
    #[field(options, search = search_town, widget = dropdown(dynamic_search))]
    town: Option<String>,
}

async fn open_letter(form: FormState<Letter>, runs: web::Data<Runs>) -> HookResult<Letter> {
    runs.add();
    Ok(form)
}

async fn subject_changed(form: FormState<Letter>, runs: web::Data<Runs>) -> HookResult<Letter> {
    runs.add();
    Ok(form)
}

async fn search_town(form: FormState<Letter>, runs: web::Data<Runs>) -> HookResult<Letter> {
    runs.add();
    Ok(form)
}

#[smart_action(collection = "server letters", name = "Write letter", kind = "global", load = open_letter)]
async fn write_letter(_form: Form<Letter>, runs: web::Data<Runs>) -> ActionResult {
    runs.add();
    Ok(success("written"))
}

const RENEW: &str = "/forest/actions/renew";
const PUBLISH: &str = "/forest/actions/publish";
const LETTER: &str = "/forest/actions/write-letter";

async fn status(app: &impl TestService, fake: &FakeForest, user: u64, call: Call) -> u16 {
    call.by(fake, user).send(app).await.status()
}

#[actix_web::test]
async fn per_07_only_the_condition_of_the_caller_role_applies() {
    let fake = project().await;
    fake.role("Support")
        .may_trigger_if("companies", "Archive", condition("amount", "less_than", 1_000));
    fake.role("Operations")
        .may_trigger_if("companies", "Archive", condition("amount", "greater_than", 1_000));
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    for (user, ids, expected) in [
        (SAM, vec!["1", "3"], 200),
        (SAM, vec!["2"], 403),
        (SAM, vec!["1", "2"], 403),
        (OLGA, vec!["2", "5"], 200),
        (OLGA, vec!["1"], 403),
    ] {
        let call = Call::post(ARCHIVE).ids(ids.clone());
        assert_eq!(status(&app, &fake, user, call).await, expected, "{user} {ids:?}");
    }
    // a role without a condition has the right without one
    fake.role("Operations")
        .no_condition(forest_actions::testing::ActionRight::Trigger, "companies", "Archive");
    let call = Call::post(ARCHIVE).ids(["1", "2"]);
    assert_eq!(
        status(&app, &fake, OLGA, call.clone()).await,
        200,
        "found by one more look"
    );
    assert_eq!(status(&app, &fake, SAM, call).await, 403);
}

#[actix_web::test]
async fn per_08_in_a_development_environment_every_action_runs() {
    let fake = project_with(|builder| builder.development(true)).await;
    fake.role("Support")
        .requires_approval("companies", "Archive")
        .may_not_trigger("companies", "Mark as Live");
    fake.set_role(OLGA, None).unwrap();
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    for user in [SAM, OLGA, 99] {
        for call in [
            Call::post(ARCHIVE).ids(["1", "2"]),
            Call::post(MARK_AS_LIVE),
            Call::post("/forest/actions/archive/hooks/load"),
            Call::read("/forest/companies"),
            Call::read("/forest/companies.csv"),
        ] {
            let answer = call.by(&fake, user).send(&app).await;
            assert_eq!(answer.status(), 200, "{user} {answer:?}");
        }
    }
    // the session and the scope still count
    assert_eq!(Call::post(ARCHIVE).bearer("x").send(&app).await.status(), 401);
    fake.rendering(1)
        .scope("companies", condition("country", "equal", "UK"));
    assert_eq!(Call::invalidation(&fake, 1).send(&app).await.status(), 204);
    let answer = Call::post(ARCHIVE).by(&fake, SAM).ids(["1", "2"]).send(&app).await;
    assert_eq!(done(&answer), "1");
}

#[actix_web::test]
async fn per_09_conditions_and_scopes_use_the_key_columns() {
    let fake = project().await;
    fake.role("Support")
        .may_trigger_if("server assignments", "Renew", condition("amount", "less_than", 50));
    let settings = |builder: forest_actions::ForestBuilder| {
        let builder = builder.actions(actions![renew]).records(assignments());
        builder.schema_upload(false).schema_file(false)
    };
    let agent = Agent::connected_to(fake.clone(), settings).await;
    let app = agent.serve().await;
    let call = |ids: &[&str]| Call::post(RENEW).by(&fake, SAM).ids(ids.iter().copied());
    assert_eq!(done(&call(&["1|a-b", "2|a-b"]).send(&app).await), "1|a-b,2|a-b");
    assert_eq!(call(&["1|a-b", "1|c"]).send(&app).await.status(), 403);
    assert_eq!(call(&["2|c"]).send(&app).await.status(), 403);
    assert_eq!(agent.runs.take(), 1);
    fake.rendering(1)
        .scope("server assignments", condition("company", "equal", 2));
    assert_eq!(Call::invalidation(&fake, 1).send(&app).await.status(), 204);
    assert_eq!(done(&call(&["1|a-b", "2|a-b"]).send(&app).await), "2|a-b");
    assert_eq!(call(&["1|a-b"]).send(&app).await.status(), 404);
    assert_eq!(agent.runs.take(), 1);
}

#[actix_web::test]
async fn per_10_virtual_collections_are_governed_by_roles_and_conditions_refuse() {
    let fake = project().await;
    let (collection, negative) = ("server reports", condition("amount", "less_than", 0));
    fake.role("Support").may_trigger(collection, "Publish");
    fake.rendering(1).scope(collection, negative.clone());
    let agent = Agent::of_actions(&fake, actions![publish, publish_all]).await;
    let app = agent.serve().await;
    let call = Call::post(PUBLISH).ids(["x", "y"]);
    assert_eq!(call.clone().by(&fake, SAM).send(&app).await.success(), "x,y");
    assert_eq!(status(&app, &fake, OLGA, call.clone()).await, 403);
    assert_eq!(agent.runs.take(), 1);
    // a condition that cannot be evaluated is never a right without one
    for action in ["Publish", "Publish all"] {
        let path = format!("/forest/actions/{}", action.to_lowercase().replace(' ', "-"));
        let call = Call::post(path).by(&fake, OLGA).ids(["x"]);
        let role = || fake.role("Operations");
        let refused = async || {
            let answer = call.send(&app).await;
            assert_eq!(
                (answer.status(), answer.name().as_str()),
                (422, "UnsupportedConditionalsFeatureError"),
                "{action}"
            );
        };
        role().may_trigger_if(collection, action, negative.clone());
        refused().await;
        role()
            .no_condition(ActionRight::Trigger, collection, action)
            .requires_approval_if(collection, action, negative.clone());
        refused().await;
        role().no_condition(ActionRight::ApprovalRequired, collection, action);
        role().may_approve_if(collection, action, negative.clone());
        fake.role("Support").may_approve(collection, action);
        let answer = call.send(&app).await;
        assert_eq!(
            (answer.status(), answer.name().as_str()),
            (403, "CustomActionRequiresApprovalError")
        );
        let able = json!([fake.role("Support").id()]);
        assert_eq!(answer.json()["errors"][0]["data"]["roleIdsAllowedToApprove"], able);
        let id = fake.file_approval(SAM, ApprovalRequest::new(collection, action).records(["x"]));
        let approved = fake.approve(id, OLGA).unwrap();
        let answer = call.clone().json(approved.body()).send(&app).await;
        assert_eq!(answer.name(), "UnsupportedConditionalsFeatureError", "{answer:?}");
    }
    assert_eq!(agent.runs.count(), 0);
}

#[actix_web::test]
async fn per_11_one_collection_name_is_used_everywhere() {
    let fake = project().await;
    fake.role("Support")
        .may_trigger("Companies", "Archive")
        .may_trigger("company", "Archive")
        .may_browse("Companies");
    fake.rendering(1)
        .scope("Companies", condition("country", "equal", "UK"));
    let agent = Agent::of_with(&fake, |builder| builder.schema_upload(true)).await;
    let app = agent.serve().await;
    let call = Call::post(ARCHIVE).ids(["1", "2"]);
    assert_eq!(
        status(&app, &fake, SAM, call.clone()).await,
        403,
        "another name is another collection"
    );
    assert_eq!(status(&app, &fake, SAM, Call::read("/forest/companies")).await, 403);
    assert_eq!(status(&app, &fake, SAM, Call::read("/forest/Companies")).await, 404);
    fake.role("Support")
        .may_trigger("companies", "Archive")
        .may_browse("companies");
    assert_eq!(
        call.by(&fake, SAM).send(&app).await.success(),
        "1,2",
        "nor does its scope apply"
    );
    assert_eq!(status(&app, &fake, SAM, Call::read("/forest/companies")).await, 200);
    fake.wait_for("POST /forest/apimaps", 1).await.unwrap();
    let schemas = fake.schemas();
    assert_eq!(schemas[0].collections(), ["companies"]);
}

#[actix_web::test]
async fn per_12_each_hook_kind_requires_the_trigger_permission() {
    let fake = project().await;
    let agent = Agent::of_actions(&fake, actions![write_letter]).await;
    let app = agent.serve().await;
    let fields = std::cell::RefCell::new(json!([{"field": "subject"}, {"field": "town"}]));
    let hook = |kind: &str| {
        let fields = fields.borrow().clone();
        Call::post(format!("{LETTER}/hooks/{kind}"))
            .attributes(json!({"ids": [], "changed_field": "subject", "search_field": "town", "fields": fields}))
    };
    for kind in ["load", "change", "search"] {
        let answer = hook(kind).by(&fake, SAM).send(&app).await;
        assert_eq!(answer.name(), "CustomActionTriggerForbiddenError", "{kind}");
        assert_eq!(answer.status(), 403, "{kind}");
    }
    assert_eq!(agent.runs.take(), 0);
    // the right to approve is not the right to trigger
    fake.role("Support").may_approve("server letters", "Write letter");
    assert_eq!(status(&app, &fake, SAM, hook("load")).await, 403);
    // the trigger permission includes the form, also with an approval or a condition
    fake.role("Support")
        .may_trigger_if("server letters", "Write letter", condition("amount", "equal", 1))
        .requires_approval("server letters", "Write letter");
    for kind in ["load", "change", "search"] {
        let answer = hook(kind).by(&fake, SAM).send(&app).await;
        assert_eq!(answer.status(), 200, "{kind} {answer:?}");
        assert_eq!(agent.runs.take(), 1, "{kind} {answer:?}");
        if kind == "load" {
            // the browser returns the received form
            fields.replace(answer.json()["fields"].clone());
        }
    }
}

#[actix_web::test]
async fn per_12_each_kind_of_browsing_requires_its_permission() {
    let fake = project().await;
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let routes = [
        ("/forest/companies", CollectionRight::Browse),
        ("/forest/companies/count", CollectionRight::Browse),
        ("/forest/companies/1", CollectionRight::Read),
        ("/forest/companies.csv", CollectionRight::Export),
    ];
    for given in [CollectionRight::Browse, CollectionRight::Read, CollectionRight::Export] {
        let role = fake.role("Support");
        [CollectionRight::Browse, CollectionRight::Read, CollectionRight::Export]
            .into_iter()
            .fold(role, |role, right| role.may_not(right, "companies"))
            .may(given, "companies");
        let agent = Agent::of(&fake).await;
        let app = agent.serve().await;
        for (path, needed) in routes {
            let answer = Call::read(path).by(&fake, SAM).send(&app).await;
            let expected = if given == needed { 200 } else { 403 };
            assert_eq!(answer.status(), expected, "{given:?}: {path}");
        }
    }
    // action and browse permissions are independent
    fake.grant("Operations", "companies", "Archive");
    assert_eq!(status(&app, &fake, OLGA, Call::read("/forest/companies")).await, 403);
    assert_eq!(status(&app, &fake, SAM, Call::post(ARCHIVE)).await, 403);
    // the log has the reason
    let log = Log::capture();
    assert_eq!(status(&app, &fake, OLGA, Call::read("/forest/companies")).await, 403);
    let line = log.about("the caller has no such right on these records").remove(0);
    assert!(line.get("cause").contains("does not have the right"), "{line:?}");
    assert_eq!((line.get("collection"), line.get("caller")), ("companies", "3"));
    // a newly granted permission applies here as well
    fake.role("Operations").may_browse("companies");
    assert_eq!(status(&app, &fake, OLGA, Call::read("/forest/companies")).await, 200);
}

#[actix_web::test]
async fn per_18_an_action_is_protected_by_default() {
    let fake = project().await;
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    for path in [MARK_AS_LIVE, ARCHIVE, RECOUNT] {
        assert_eq!(status(&app, &fake, SAM, Call::post(path)).await, 403, "{path}");
    }
    let before = asked(&fake);
    let open = Call::post("/forest/actions/ping").by(&fake, SAM).send(&app).await;
    assert_eq!(open.success(), "pong");
    assert_eq!(asked(&fake)[..2], before[..2], "what is open needs no second look");
}

/// Owners of companies: a list that leads to companies.
fn with_owners() -> MemoryRecords {
    let id = || FieldModel::new("id", ValueType::Integer);
    let mut owner = FieldModel::new("owner_id", ValueType::Integer);
    owner.is_foreign_key = true;
    let owners = CollectionModel::new("owners")
        .field(id())
        .key(["id"])
        .relation(RelationModel::has_many("companies", "companies", "id", "owner_id"));
    let companies = CollectionModel::new("companies").field(id()).field(owner).key(["id"]);
    let row = |id: i64| json!({"id": id, "owner_id": 1});
    MemoryRecords::new()
        .collection(owners, vec![json!({"id": 1})])
        .collection(companies, vec![row(1), row(2)])
}

#[actix_web::test]
async fn per_19_every_surface_uses_the_same_permissions() {
    let fake = project().await;
    let settings = |builder: forest_actions::ForestBuilder| {
        let builder = builder.actions(companies()).actions(actions![write_letter]);
        builder.records(with_owners()).schema_upload(false).schema_file(false)
    };
    let agent = Agent::connected_to(fake.clone(), settings).await;
    let app = agent.serve().await;
    for action in ["Mark as Live", "Archive", "Recount"] {
        fake.grant("Support", "companies", action);
    }
    fake.role("Support")
        .may_browse("companies")
        .may_browse("owners")
        .may_approve("companies", "Archive");
    fake.grant("Support", "server letters", "Write letter");
    // Olga may browse only the collections related to the companies
    fake.role("Operations").may_browse("owners");
    let loaded = Call::post(format!("{LETTER}/hooks/load")).attributes(json!({"ids": []}));
    let loaded = loaded.by(&fake, SAM).send(&app).await;
    assert_eq!(agent.runs.take(), 1, "{loaded:?}");
    let fields = loaded.json()["fields"].clone();
    let approved = |requester: u64| {
        let token = fake.approval_token(requester, &ApprovalRequest::new("companies", "Archive").records(["1"]));
        Call::post(ARCHIVE).attributes(json!({"signed_approval_request": token.sign()}))
    };
    let all = json!({"all_records": true, "all_records_subset_query": {}, "all_records_ids_excluded": []});
    let calls = || {
        let mut calls: Vec<Call> = ["", "/hooks/load"]
            .iter()
            .flat_map(|hook| [MARK_AS_LIVE, ARCHIVE, RECOUNT].map(|path| Call::post(format!("{path}{hook}"))))
            .collect();
        calls.push(Call::post(ARCHIVE).attributes(all.clone()));
        calls.push(approved(ADA));
        calls.push(Call::post(LETTER));
        calls.extend(["load", "change", "search"].map(|hook| {
            let fields = fields.clone();
            Call::post(format!("{LETTER}/hooks/{hook}"))
                .attributes(json!({"ids": [], "changed_field": "subject", "search_field": "town", "fields": fields}))
        }));
        let related = "/owners/1/relationships/companies";
        let paths = ["/companies", "/companies/1", "/companies/count", "/companies.csv"];
        let related = ["", "/count", ".csv"].map(|rest| format!("{related}{rest}"));
        calls.extend(paths.map(|path| Call::read(format!("/forest{path}"))));
        calls.extend(related.map(|path| Call::read(format!("/forest{path}"))));
        calls
    };
    for (index, call) in calls().into_iter().enumerate() {
        let answer = call.by(&fake, SAM).send(&app).await;
        assert_eq!(answer.status(), 200, "{index} {answer:?}");
    }
    // three actions, a selection of all, one that is approved, and a form of its own with three hooks
    assert_eq!(agent.runs.take(), 9);
    let related = calls().len() - 3;
    for (index, call) in calls().into_iter().enumerate() {
        let answer = call.by(&fake, OLGA).send(&app).await;
        // the related lists come last; a relation to a forbidden collection is hidden
        let expected = if index < related { 403 } else { 404 };
        assert_eq!(answer.status(), expected, "{index} {answer:?}");
    }
    assert_eq!(agent.runs.count(), 0);
    assert_eq!(status(&app, &fake, ADA, Call::post("/forest/actions/ping")).await, 200);
}
