//! Previews: in the form, for programs, and bound to the run by a token.

use forest_actions::prelude::*;
use forest_actions::records::{Filter, Operator};
use forest_actions::testing::ApprovalRequest;
use forest_actions::{NotDone, refuse};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};

use crate::field::{Database, Setup, these};
use crate::support::connected::{OLGA, SAM, condition, project};
use crate::support::records::{action, all_of};
use crate::support::{Agent, Answer, Call, Runs, token_of_user};

#[derive(serde::Deserialize)]
struct Item {
    id: i64,
    price: i64,
    state: String,
}

#[derive(ActionForm)]
struct Reprice {
    #[field(min = 1)]
    percent: i64,
    #[allow(dead_code, reason = "its value counts for the token")]
    note: Option<String>,
}

fn may_reprice(item: &Item, _: &Caller) -> Result<(), NotDone> {
    match item.state.as_str() {
        "sold" => refuse("already sold"),
        _ => Ok(()),
    }
}

#[smart_action(collection = "items", name = "Reprice", can_run = may_reprice, preview = new_prices)]
async fn reprice(items: Records<Item>, _form: Form<Reprice>, values: Values, runs: web::Data<Runs>) -> ActionResult {
    runs.add();
    assert!(values.get("Preview").is_none() && values.get("$preview").is_none());
    let items: Vec<Item> = items.stream().try_collect().await?;
    Ok(success(format!("{} repriced", items.len())))
}

async fn new_prices(items: Records<Item>, form: Form<Reprice>, runs: web::Data<Runs>) -> ActionResult<Preview> {
    assert_eq!(runs.count(), 0, "a preview is not a run");
    let items: Vec<Item> = items.stream().try_collect().await?;
    if form.percent == 13 {
        return Err(failure("13 % is <unlucky>"));
    }
    let rows = items
        .iter()
        .map(|item| [item.id, item.price, item.price * form.percent / 100]);
    Ok(Preview::new(format!("{} & their prices", items.len())).table(["Item", "Now", "Then"], rows))
}

fn is_offered() -> Filter {
    Filter::leaf("state", Operator::NotEqual, "sold")
}

#[smart_action(collection = "items", name = "Sell", can_run = filter(is_offered(), "already sold"), on_refusal = "stop",
    preview = what_is_sold, require_preview)]
async fn sell(ids: RecordIds<i64>, runs: web::Data<Runs>) -> ActionResult {
    runs.add();
    Ok(success(format!("{} sold", ids.len())))
}

async fn what_is_sold(ids: RecordIds<i64>) -> Preview {
    Preview::new(format!("{} will be sold", ids.len()))
}

async fn database() -> Database {
    let setup = Setup::sqlite([
        "CREATE TABLE items (id INTEGER PRIMARY KEY, price INTEGER NOT NULL, state TEXT NOT NULL)",
        "INSERT INTO items VALUES (1, 100, 'new'), (2, 200, 'sold'), (3, 300, 'new')",
    ]);
    let setup = setup.agent(|builder| builder.actions(actions![reprice, sell]));
    setup.start().await.unwrap()
}

fn with(mut attributes: Value, values: Value) -> Value {
    attributes["values"] = values;
    attributes
}

async fn preview(database: &Database, name: &str, attributes: Value) -> Answer {
    database.act(&format!("{name}/preview"), attributes).await
}

fn token(answer: &Answer) -> String {
    assert_eq!(answer.status(), 200, "{answer:?}");
    answer.json()["previewToken"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_program_sees_what_a_run_would_do() {
    let database = database().await;
    for attributes in [these(1..=3), all_of(json!({}))] {
        let answer = preview(&database, "reprice", with(attributes, json!({"percent": 50}))).await;
        let body = answer.json();
        assert_eq!(body["success"], "2 & their prices", "{answer:?}");
        let html = "<div class=\"c-clr-1-4 l-mt l-mb\"><p>2 &amp; their prices</p><table><thead><tr><th>Item</th><th>Now</th>\
            <th>Then</th></tr></thead><tbody><tr><td>1</td><td>100</td><td>50</td></tr><tr><td>3</td><td>300</td><td>150</td>\
            </tr></tbody></table></div><div class=\"c-clr-1-4 l-mt l-mb\"><p><b>1</b> refused</p><ul><li>1 already sold: 2</li>\
            </ul></div>";
        assert_eq!(body["html"], html);
        let reasons =
            json!([{"code": "already_sold", "text": "already sold", "outcome": "refused", "count": 1, "ids": ["2"]}]);
        assert_eq!(body["results"], json!({"allowed": 2, "refused": 1, "reasons": reasons}));
        token(&answer);
    }
    assert_eq!(database.agent.runs.count(), 0);
    let incomplete = preview(&database, "reprice", these([1])).await;
    assert!(
        incomplete.json()["error"].as_str().unwrap().contains("percent"),
        "{incomplete:?}"
    );
    let refused = preview(&database, "sell", these(1..=3)).await;
    assert_eq!(refused.json()["error"], "Nothing was done: 1 refused");
    assert_eq!(preview(&database, "sell", these([77])).await.status(), 404);
    let get = Call::read("/forest/actions/sell/preview")
        .send(&database.agent.serve().await)
        .await;
    assert_eq!((get.status(), get.header("allow")), (405, Some("POST, OPTIONS")));
}

#[actix_web::test]
async fn a_run_with_the_token_does_what_was_shown_or_nothing() {
    let database = database().await;
    let values = json!({"percent": 50, "note": null});
    for attributes in [these(1..=3), all_of(json!({}))] {
        let token = token(&preview(&database, "reprice", with(attributes.clone(), values.clone())).await);
        let run = async |attributes: Value, values: Value| {
            let mut values = values;
            values["$preview"] = json!(token);
            let answer = database.act("reprice", with(attributes, values)).await;
            (answer.status(), database.agent.runs.take())
        };
        // the order of the records and empty fields do not matter
        assert_eq!(
            run(attributes.clone(), json!({"percent": 50, "Preview": true})).await,
            (200, 1)
        );
        assert_eq!(run(these([3, 2, 1]), values.clone()).await, (200, 1));
        for (attributes, values) in [
            (attributes.clone(), json!({"percent": 51})),
            (attributes.clone(), json!({"percent": 50, "note": "x"})),
            (these([1]), values.clone()),
        ] {
            assert_eq!(run(attributes, values).await, (409, 0));
        }
        for change in [
            "price = 101 WHERE id = 1",
            "state = 'sold' WHERE id = 1",
            "state = 'new' WHERE id = 2",
        ] {
            database.sql(&format!("UPDATE items SET {change}")).await;
            assert_eq!(run(attributes.clone(), values.clone()).await, (409, 0), "{change}");
            database
                .sql("UPDATE items SET price = id * 100, state = CASE id WHEN 2 THEN 'sold' ELSE 'new' END")
                .await;
            assert_eq!(run(attributes.clone(), values.clone()).await, (200, 1));
        }
    }
    let outdated = {
        let token = token(&preview(&database, "sell", these([1, 3])).await);
        database.act("sell", with(these([1]), json!({"$preview": token}))).await
    };
    let detail = "The records or values have changed since the preview. Look again.";
    assert_eq!(
        (outdated.detail(409), outdated.name()),
        (detail.to_owned(), "PreviewOutdatedError".to_owned())
    );
    assert_eq!(outdated.json()["error"], detail);
}

#[actix_web::test]
async fn a_token_is_for_one_action_and_one_user() {
    let database = database().await;
    let sell = token(&preview(&database, "sell", these([1])).await);
    let reprice = token(&preview(&database, "reprice", with(these([1]), json!({"percent": 50}))).await);
    let forged = format!("{}x", &sell[..sell.len() - 1]);
    let session = crate::support::token();
    for wrong in [
        json!(reprice),
        json!(forged),
        json!("x"),
        json!(""),
        json!(7),
        json!(session),
        json!({"a": 1}),
    ] {
        let answer = database.act("sell", with(these([1]), json!({"$preview": wrong}))).await;
        assert_eq!(answer.status(), 400, "{wrong}: {answer:?}");
        assert!(
            answer.text().contains("not a token of this action for this user"),
            "{answer:?}"
        );
    }
    let other = token_of_user(99, "eve@example.com");
    let call = Call::post(action("sell")).bearer(&other);
    let call = call.attributes(with(these([1]), json!({"$preview": sell})));
    let answer = call.send(&database.agent.serve().await).await;
    assert_eq!(answer.status(), 400, "{answer:?}");
    // a preview is no session
    let call = Call::post(action("sell")).bearer(&sell).attributes(these([1]));
    assert_eq!(call.send(&database.agent.serve().await).await.status(), 401);

    let missing = database.act("sell", these([1])).await;
    assert_eq!(
        (missing.status(), missing.name()),
        (400, "PreviewRequiredError".to_owned())
    );
    assert_eq!(database.agent.runs.count(), 0);
    assert_eq!(
        database
            .act("sell", with(these([1]), json!({"$preview": sell})))
            .await
            .success(),
        "1 sold"
    );
}

async fn changed(database: &Database, fields: &Value, field: &str) -> Value {
    let mut attributes = these(1..=3);
    attributes["fields"] = fields.clone();
    attributes["changed_field"] = json!(field);
    let answer = database.act("reprice/hooks/change", attributes).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    answer.json()
}

#[actix_web::test]
async fn a_form_shows_the_preview_until_a_field_changes() {
    let database = database().await;
    let answer = database.act("reprice/hooks/load", these(1..=3)).await;
    let form = answer.json();
    let field = &form["fields"][2];
    assert_eq!(
        (&field["field"], &field["value"], &field["hook"]),
        (&json!("Preview"), &json!(false), &json!("$preview"))
    );
    assert_eq!(field["description"], "Show what will happen");
    assert!(
        form["layout"]
            .to_string()
            .contains("<b>1</b> of the <b>3</b> selected records would be refused"),
        "{form}"
    );

    let mut fields = form["fields"].clone();
    fields[2]["value"] = json!(true);
    // a field is still missing
    let form = changed(&database, &fields, "Preview").await;
    let layout = form["layout"].as_array().unwrap();
    assert!(
        layout.last().unwrap()["content"].as_str().unwrap().contains("percent"),
        "{form}"
    );

    fields[0]["value"] = json!(50);
    let form = changed(&database, &fields, "Preview").await;
    let layout = form["layout"].as_array().unwrap();
    let elements: Vec<&str> = layout
        .iter()
        .map(|element| element["component"].as_str().unwrap())
        .collect();
    assert_eq!(elements, ["htmlBlock", "input", "input", "input", "htmlBlock"]);
    assert!(
        layout[4]["content"].as_str().unwrap().contains("<td>150</td>"),
        "{form}"
    );
    assert_eq!(form["fields"][2]["value"], true);
    // each field reports its next change
    assert_eq!(form["fields"][0]["hook"], "$preview");

    let mut fields = form["fields"].clone();
    fields[0]["value"] = json!(60);
    let form = changed(&database, &fields, "percent").await;
    assert_eq!(
        (&form["fields"][2]["value"], &form["fields"][0]["hook"]),
        (&json!(false), &json!(null))
    );
    assert!(!form["layout"].to_string().contains("<td>"), "{form}");

    fields[0]["value"] = json!(13);
    fields[2]["value"] = json!(true);
    let form = changed(&database, &fields, "Preview").await;
    assert!(form["layout"].to_string().contains("13 % is &lt;unlucky&gt;"), "{form}");
    assert_eq!(database.agent.runs.count(), 0);
}

#[smart_action(collection = "companies", name = "Merge", preview = what_is_merged, require_preview)]
async fn merge(ids: RecordIds<String>, runs: web::Data<Runs>) -> String {
    runs.add();
    ids.into_inner().join(",")
}

async fn what_is_merged(ids: RecordIds<String>) -> Preview {
    Preview::new(ids.into_inner().join("+"))
}

#[actix_web::test]
async fn a_preview_needs_the_right_of_a_run_and_no_approval() {
    let fake = project().await;
    let role = fake.role("Operations");
    let role = role.may_trigger_if("companies", "Merge", condition("id", "less_than", 3));
    role.requires_approval("companies", "Merge")
        .may_approve_own("companies", "Merge");
    let agent = Agent::of_with(&fake, |builder| builder.actions(actions![merge])).await;
    let app = agent.serve().await;
    let call = |path: &str, user: u64, attributes: Value| {
        Call::post(format!("/forest/actions/merge{path}"))
            .by(&fake, user)
            .attributes(attributes)
    };
    let shown = call("/preview", OLGA, json!({"ids": ["1", "2"]})).send(&app).await;
    assert_eq!(shown.json()["success"], "1+2", "{shown:?}");
    let values = json!({"$preview": token(&shown)});
    let run = call("", OLGA, json!({"ids": ["1", "2"], "values": values}))
        .send(&app)
        .await;
    assert_eq!(run.status(), 403, "{run:?}");
    for refused in [
        call("/preview", SAM, json!({"ids": ["1"]})),
        call("/preview", OLGA, json!({"ids": ["1", "3"]})),
        call(
            "/hooks/change",
            OLGA,
            json!({"ids": ["1", "3"], "changed_field": "Preview", "fields": [
                {"field": "Preview", "type": "Boolean", "value": true, "hook": "$preview"},
            ]}),
        ),
    ] {
        let answer = refused.send(&app).await;
        assert_eq!(answer.status(), 403, "{answer:?}");
    }
    assert_eq!(agent.runs.count(), 0);

    // the approved run is what its requester was shown
    let approved = async |ids: [&str; 2], values: &Value| {
        let request = ApprovalRequest::new("companies", "Merge").records(ids);
        let signed = fake
            .approval_token(OLGA, &request)
            .attribute("values", values.clone())
            .sign();
        let answer = call("", OLGA, json!({"signed_approval_request": signed}))
            .send(&app)
            .await;
        answer.status()
    };
    assert_eq!(approved(["1", "2"], &json!({})).await, 400);
    assert_eq!(approved(["1", "3"], &values).await, 409);
    assert_eq!(agent.runs.count(), 0);
    assert_eq!(approved(["2", "1"], &values).await, 200);
    assert_eq!(agent.runs.count(), 1);
}
