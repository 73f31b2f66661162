//! Submitted values: types, limits, absent and empty values, and the report of all problems at once.

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Utc};
use forest_actions::form::{FieldInput, FieldValue, InvalidValue, shape};
use forest_actions::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Agent, Answer, Call, OFFICIAL, TestService};

#[derive(ActionEnum, Debug, Clone, Copy)]
enum Plan {
    Free,
    #[option("Premium plan")]
    Premium,
}

/// A type of a user's own.
#[derive(Debug)]
struct Iban(#[allow(dead_code, reason = "only printed")] String);

impl FieldValue for Iban {
    type Shape = shape::Text;
    type Plain = Self;

    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
        match input.value()? {
            Value::String(text) if text.len() <= 34 => Ok(Self(text)),
            other => Err(InvalidValue::expected("an IBAN", &other)),
        }
    }

    fn plain_json(iban: Self) -> Value {
        Value::String(iban.0)
    }
}

#[derive(ActionForm, Debug)]
#[allow(dead_code, reason = "only read by the derive, and printed")]
struct Every {
    tiny: Option<i8>,
    byte: Option<u8>,
    long: Option<i64>,
    unsigned: Option<u64>,
    huge: Option<i128>,
    single: Option<f32>,
    double: Option<f64>,
    decimal: Option<Decimal>,
    flag: Option<bool>,
    text: Option<String>,
    instant: Option<DateTime<Utc>>,
    local: Option<DateTime<FixedOffset>>,
    day: Option<NaiveDate>,
    time: Option<NaiveTime>,
    json: Option<Value>,
    uuid: Option<Uuid>,
    plan: Option<Plan>,
    iban: Option<Iban>,
    file: Option<FormFile>,
    texts: Vec<String>,
    numbers: Vec<i32>,
    instants: Vec<DateTime<Utc>>,
    plans: Vec<Plan>,
    files: Vec<FormFile>,
    maybe_texts: Option<Vec<String>>,
    #[field(reference = "companies.id")]
    company: Option<i64>,
    #[field(reference = "countries.code")]
    country: Option<String>,
    #[field(reference = "lines.order")]
    line: Option<(i64, String)>,
    #[field(reference = "companies.id")]
    companies: Vec<i64>,
}

#[smart_action(collection = "form tests", name = "Every type", kind = "bulk")]
async fn every_type(form: Form<Every>) -> ActionResult {
    Ok(success(format!("{:?}", *form)))
}

async fn every() -> Agent {
    Agent::local(actions![every_type]).await
}

/// Sends `values`, given as the JSON text of one value, since not every number survives being built as a value.
async fn submit_text(app: &impl TestService, field: &str, value: &str) -> Answer {
    let body = format!(r#"{{"data":{{"attributes":{{"ids":["7"],"values":{{"{field}":{value}}}}}}}}}"#);
    Call::post("/forest/actions/every-type").body(body).send(app).await
}

#[actix_web::test]
async fn each_type_accepts_the_values_clients_send() {
    let agent = every().await;
    let app = agent.serve().await;
    for (field, value, expected) in [
        ("tiny", "-128", "Some(-128)"),
        ("tiny", "5.0", "Some(5)"),
        ("tiny", "1e2", "Some(100)"),
        ("tiny", "-0", "Some(0)"),
        ("byte", "255", "Some(255)"),
        ("byte", "\" 7 \"", "Some(7)"),
        ("long", "9223372036854775807", "Some(9223372036854775807)"),
        ("long", "\"-9223372036854775808\"", "Some(-9223372036854775808)"),
        ("unsigned", "18446744073709551615", "Some(18446744073709551615)"),
        (
            "huge",
            "170141183460469231731687303715884105727",
            "Some(170141183460469231731687303715884105727)",
        ),
        (
            "huge",
            "\"-170141183460469231731687303715884105728\"",
            "Some(-170141183460469231731687303715884105728)",
        ),
        ("single", "0.1", "Some(0.1)"),
        ("double", "0", "Some(0.0)"),
        ("double", "\"42.50\"", "Some(42.5)"),
        ("double", "-1e-7", "Some(-1e-7)"),
        ("decimal", "0.1234567890123456789", "Some(0.1234567890123456789)"),
        ("decimal", "\"19.90\"", "Some(19.90)"),
        ("decimal", "1e-3", "Some(0.001)"),
        ("flag", "false", "Some(false)"),
        ("flag", "true", "Some(true)"),
        ("text", "\"\"", "Some(\"\")"),
        ("text", "\"Grüße\\n\\ud83d\\ude80\"", "Some(\"Grüße\\n🚀\")"),
        ("instant", "\"2024-02-29T10:00:00.000Z\"", "Some(2024-02-29T10:00:00Z)"),
        ("instant", "\"2024-02-29T10:00:00+02:00\"", "Some(2024-02-29T08:00:00Z)"),
        (
            "local",
            "\"2024-02-29T10:00:00+02:00\"",
            "Some(2024-02-29T10:00:00+02:00)",
        ),
        ("day", "\"2024-02-29\"", "Some(2024-02-29)"),
        ("time", "\"10:30\"", "Some(10:30:00)"),
        ("time", "\"23:59:59\"", "Some(23:59:59)"),
        ("json", "{\"a\":[1]}", "Some(Object {\"a\": Array [Number(1)]})"),
        ("json", "\"{\\\"a\\\":1}\"", "Some(Object {\"a\": Number(1)})"),
        ("json", "\"no json\"", "Some(String(\"no json\"))"),
        ("json", "null", "Some(Null)"),
        ("json", "[]", "Some(Array [])"),
        (
            "uuid",
            "\"c0ffee00-0000-4000-8000-000000000000\"",
            "Some(c0ffee00-0000-4000-8000-000000000000)",
        ),
        ("plan", "\"Premium plan\"", "Some(Premium)"),
        ("iban", "\"DE02\"", "Some(Iban(\"DE02\"))"),
        ("texts", "[\"a\",\"\"]", "[\"a\", \"\"]"),
        ("texts", "null", "[]"),
        ("numbers", "[1,\"2\"]", "[1, 2]"),
        ("instants", "[\"2024-02-29T10:00:00Z\"]", "[2024-02-29T10:00:00Z]"),
        ("plans", "[\"Free\",\"Premium plan\"]", "[Free, Premium]"),
        ("maybe_texts", "[]", "Some([])"),
        ("maybe_texts", "null", "None"),
        // the key of a record is a text for every key type; numbers and lists of parts are accepted as well
        ("company", "\"23\"", "Some(23)"),
        ("company", "23", "Some(23)"),
        ("country", "\"FR\"", "Some(\"FR\")"),
        ("country", "250", "Some(\"250\")"),
        ("line", "\"12|a-b\"", "Some((12, \"a-b\"))"),
        ("line", "[12,\"a|b\"]", "Some((12, \"a|b\"))"),
        ("line", "[\"12\",\"a\"]", "Some((12, \"a\"))"),
        ("companies", "[\"1\",2]", "[1, 2]"),
        ("companies", "[[\"1\"],2.0]", "[1, 2]"),
        ("company", "[\"23\"]", "Some(23)"),
        ("company", "[23]", "Some(23)"),
        ("country", "[\"FR\"]", "Some(\"FR\")"),
        ("country", "[1,\"a\"]", "Some(\"1|a\")"),
        ("country", "[1,\"a|b\"]", "Some(\"[\\\"1\\\",\\\"a|b\\\"]\")"),
        ("country", "2.0", "Some(\"2\")"),
        ("instant", "\"2024-02-29T10:00Z\"", "Some(2024-02-29T10:00:00Z)"),
        ("instant", "\"2024-02-29T10:00:00+0200\"", "Some(2024-02-29T08:00:00Z)"),
        (
            "instant",
            "\"2024-02-29T10:00:00.5+02\"",
            "Some(2024-02-29T08:00:00.500Z)",
        ),
        ("local", "\"2024-02-29T10:00-0330\"", "Some(2024-02-29T10:00:00-03:30)"),
        // cleared values of non-text fields
        ("tiny", "\"\"", "None"),
        ("decimal", "\"\"", "None"),
        ("flag", "\"\"", "None"),
        ("instant", "\"\"", "None"),
        ("day", "\"\"", "None"),
        ("time", "\"\"", "None"),
        ("uuid", "\"\"", "None"),
        ("plan", "\"\"", "None"),
        ("file", "\"\"", "None"),
        ("numbers", "\"\"", "[]"),
        ("company", "\"\"", "None"),
        ("line", "\"\"", "None"),
    ] {
        let answer = submit_text(&app, field, value).await;
        let text = answer.success();
        assert!(
            text.contains(&format!("{field}: {expected}")),
            "{field} = {value}: {text}"
        );
    }
    let file = submit_text(&app, "file", "\"data:text/plain;name=a.txt;base64,aGk=\"").await;
    assert!(
        file.success().contains("file: Some(FormFile { name: Some(\"a.txt\")"),
        "{}",
        file.json()
    );
    // some JSON writers escape the slash, so the text cannot be borrowed from the body
    let file = submit_text(&app, "file", "\"data:text\\/plain;name=a.txt;base64,\\/w==\"").await;
    assert!(file.success().contains("media_type: \"text/plain\"") && file.success().contains("size: 1"));
    let files = submit_text(&app, "files", "[\"data:;base64,\",\"data:a/b;base64,AA==\"]").await;
    assert_eq!(files.success().matches("File {").count(), 2);
}

#[actix_web::test]
async fn each_type_rejects_other_values_with_field_and_value() {
    let agent = every().await;
    let app = agent.serve().await;
    for (field, value, expected) in [
        ("tiny", "128", "expected a whole number from -128 to 127, found 128"),
        ("tiny", "1.5", "expected a whole number, found 1.5"),
        ("tiny", "true", "expected a whole number, found true"),
        ("tiny", "\"-\"", "expected a whole number, found \"-\""),
        ("tiny", "\"1_0\"", "expected a whole number, found \"1_0\""),
        ("byte", "-1", "expected a whole number from 0 to 255, found -1"),
        (
            "long",
            "9223372036854775808",
            "expected a whole number from -9223372036854775808",
        ),
        ("long", "1e300", "expected a whole number from -9223372036854775808"),
        ("double", "\"NaN\"", "expected a number, found \"NaN\""),
        ("double", "\"inf\"", "expected a number, found \"inf\""),
        ("double", "\"1e999\"", "expected a number that is not that large"),
        ("double", "1e999", "the value cannot be read: number out of range"),
        (
            "single",
            "1e300",
            "expected a number that is not that large, found 1e+300",
        ),
        ("decimal", "\"1_000\"", "expected a decimal number"),
        (
            "decimal",
            "0.12345678901234567890123456789012345",
            "expected a decimal number of at most 28 digits",
        ),
        ("flag", "\"true\"", "expected true or false, found \"true\""),
        ("flag", "0", "expected true or false, found 0"),
        ("text", "5", "expected a text, found 5"),
        ("text", "{}", "expected a text, found an object"),
        ("text", "\"\\ud800\"", "the value cannot be read"),
        (
            "instant",
            "\"2024-02-30T10:00:00Z\"",
            "expected a date and time such as",
        ),
        ("instant", "\"2024-02-29\"", "expected a date and time such as"),
        ("instant", "\"2024-02-29T10:00\"", "expected a date and time such as"),
        ("instant", "\"2024-02-29T10Z\"", "expected a date and time such as"),
        ("instant", "\"2024-02-29T10:00+2\"", "expected a date and time such as"),
        (
            "instant",
            "\"2024-02-29T10:00+02é\"",
            "expected a date and time such as",
        ),
        ("company", "[\"1\",\"2\"]", "expected a whole number, found a list"),
        ("company", "[]", "expected a whole number, found a list"),
        ("country", "[]", "expected a text, found a list"),
        ("country", "[[\"FR\"],1]", "a part of a key is a text or a number"),
        ("instant", "1709200000", "expected a date and time such as"),
        (
            "day",
            "\"2024-2-9\"",
            "expected a day such as 2024-05-15, without a time, found \"2024-2-9\"",
        ),
        // the day of an instant depends on a time zone
        (
            "day",
            "\"2024-02-29T23:00:00.000Z\"",
            "expected a day such as 2024-05-15, without a time, found \"2024-02-29T23:00:00.000Z\"",
        ),
        ("day", "\"2024-02-29T23:00-03\"", "expected a day"),
        ("day", "\"2024-02-29T00:00:00\"", "expected a day"),
        ("day", "\"2024-02-29 23:00:00\"", "expected a day"),
        ("day", "\"2024- 2-09\"", "expected a day"),
        ("day", "\"+024-02-09\"", "expected a day"),
        ("day", "\"2024-02-30\"", "expected a day"),
        ("day", "\"2024-02-09Tnoon\"", "expected a day"),
        ("time", "\"25:00\"", "expected a time such as"),
        ("time", "\" 1:00\"", "expected a time such as"),
        ("uuid", "\"c0ffee00\"", "expected a UUID"),
        (
            "plan",
            "\"premium plan\"",
            "expected one of \"Free\", \"Premium plan\", found \"premium plan\"",
        ),
        ("plan", "1", "expected one of"),
        ("iban", "5", "expected an IBAN, found 5"),
        (
            "file",
            "\"report.pdf\"",
            "Expected a file, got \"report.pdf\". A file value must be a data uri.",
        ),
        ("file", "[]", "expected a file, found a list"),
        ("texts", "\"a\"", "expected a list, found \"a\""),
        ("texts", "[\"a\",null]", "element 2: expected a text, found null"),
        (
            "numbers",
            "[1,\"x\"]",
            "element 2: expected a whole number, found \"x\"",
        ),
        ("plans", "[\"Free\",\"Gold\"]", "element 2: expected one of"),
        ("files", "[\"data:;base64,\",3]", "element 2: expected a file, found 3"),
        ("company", "\"x\"", "expected a whole number, found \"x\""),
        ("company", "\"12|3\"", "expected a whole number"),
        ("line", "\"12\"", "expected 2 values joined by `|`"),
        ("line", "true", "expected a key, found true"),
    ] {
        let answer = submit_text(&app, field, value).await;
        let problems = answer.problems();
        assert_eq!(problems.len(), 1, "{field} = {value}: {problems:?}");
        let problem = problems[field].as_str().unwrap();
        assert!(problem.starts_with(expected), "{field} = {value}: {problem}");
    }
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    for field in ["json", "text", "texts", "double", "line", "file"] {
        assert_eq!(submit_text(&app, field, &deep).await.problems().len(), 1, "{field}");
    }
    // displayed values are truncated to one short line
    let long = submit_text(&app, "flag", &json!(format!("a\nb{}", "x".repeat(5000))).to_string()).await;
    assert!(long.problems()["flag"].as_str().unwrap().len() < 100);
    assert!(!long.problems()["flag"].as_str().unwrap().contains('\n'));
}

#[derive(ActionForm, Debug)]
#[allow(dead_code, reason = "only read by the derive, and printed")]
struct Presence {
    #[field(default = 5)]
    with_default: Option<i32>,
    #[field(default = true)]
    flag: Option<bool>,
    #[field(default = "hello")]
    text: Option<String>,
    #[field(default = 1.5)]
    number: f64,
    json: Value,
    maybe: Option<Value>,
}

#[smart_action(collection = "form tests", name = "Presence", kind = "bulk")]
async fn presence(form: Form<Presence>) -> ActionResult {
    Ok(success(format!("{:?}", *form)))
}

#[actix_web::test]
async fn frm_10_only_absent_values_get_the_default() {
    let agent = Agent::local(actions![presence]).await;
    let app = agent.serve().await;
    let answer = Call::submit("presence", json!({"json": 1})).send(&app).await;
    assert_eq!(
        answer.success(),
        "Presence { with_default: Some(5), flag: Some(true), text: Some(\"hello\"), number: 1.5, json: Number(1), maybe: None }"
    );
    let empty = json!({"with_default": 0, "flag": false, "text": "", "number": 0, "json": [], "maybe": null});
    let answer = Call::submit("presence", empty).send(&app).await;
    assert_eq!(
        answer.success(),
        "Presence { with_default: Some(0), flag: Some(false), text: Some(\"\"), number: 0.0, json: Array [], maybe: Some(Null) }"
    );
    let null = json!({"with_default": null, "flag": null, "text": null, "number": null, "json": null});
    let answer = Call::submit("presence", null).send(&app).await;
    let problems = answer.problems();
    assert_eq!(problems.keys().collect::<Vec<_>>(), ["json", "number"]);
    assert_eq!(problems["number"], "a value is required");
    let null = json!({"with_default": null, "flag": null, "text": null, "json": false});
    let answer = Call::submit("presence", null).send(&app).await;
    assert!(
        answer
            .success()
            .starts_with("Presence { with_default: None, flag: None, text: None, number: 1.5, json: Bool(false)")
    );
}

#[actix_web::test]
async fn frm_10_null_for_the_whole_values_or_an_attribute_means_absent() {
    let agent = Agent::local(actions![every_type]).await;
    let app = agent.serve().await;
    for attributes in [
        json!({"ids": ["7"], "values": null, "all_records": null, "parent_collection_name": null}),
        json!({"ids": ["7"]}),
    ] {
        let body = json!({"data": {"attributes": attributes}}).to_string();
        assert!(
            Call::post("/forest/actions/every-type")
                .body(body)
                .send(&app)
                .await
                .success()
                .contains("tiny: None")
        );
    }
}

fn rates() -> Vec<f64> {
    vec![1.0, 2.5]
}

#[derive(ActionForm, Debug)]
#[allow(dead_code, reason = "only read by the derive, and printed")]
struct Rates {
    #[field(options = rates)]
    rate: Option<f64>,
    #[field(options = rates)]
    rates: Vec<f64>,
}

#[smart_action(collection = "form tests", name = "Rates", kind = "bulk")]
async fn choose_rates(form: Form<Rates>) -> ActionResult {
    Ok(success(format!("{:?}", *form)))
}

/// Browsers write `1.0` as `1`, and some clients send numbers as text.
#[actix_web::test]
async fn options_that_are_numbers_are_compared_as_numbers() {
    let agent = Agent::local(actions![choose_rates]).await;
    let app = agent.serve().await;
    for rate in ["1", "1.0", "1e0", "\"1\"", "\" 1.0 \""] {
        let body =
            format!(r#"{{"data":{{"attributes":{{"ids":["7"],"values":{{"rate":{rate},"rates":[{rate},2.5]}}}}}}}}"#);
        let answer = Call::post("/forest/actions/rates").body(body).send(&app).await;
        assert_eq!(
            answer.success(),
            "Rates { rate: Some(1.0), rates: [1.0, 2.5] }",
            "{rate}"
        );
    }
    for rate in [json!(3), json!("3"), json!("one"), json!(true)] {
        let answer = Call::submit("rates", json!({"rate": rate})).send(&app).await;
        assert!(
            answer.problems()["rate"]
                .as_str()
                .unwrap()
                .starts_with("expected one of"),
            "{rate}"
        );
    }
}

fn plans() -> Vec<String> {
    vec!["Free".to_owned(), "Gold".to_owned()]
}

#[derive(ActionForm, Debug)]
#[allow(dead_code, reason = "only read by the derive, and printed")]
struct Limited {
    #[field(min = 0.5, max = 100)]
    amount: f64,
    #[field(min = 1, max = 3)]
    grades: Vec<u8>,
    #[field(min_length = 2, max_length = 4, pattern = "^[a-zé]+$")]
    code: String,
    #[field(max_length = 3)]
    words: Vec<String>,
    #[field(min_count = 2, max_count = 3)]
    pair: Vec<String>,
    #[field(min_count = 2)]
    maybe_pair: Option<Vec<String>>,
    #[field(options = plans)]
    plan: Option<String>,
    #[field(options = plans)]
    plans: Vec<String>,
    #[field(max_size = 4, media_types = ["Image/PNG", "text/*"])]
    file: Option<FormFile>,
    #[field(max_count = 1, media_types = ["*/*"])]
    files: Vec<FormFile>,
    #[field(required)]
    needed: Vec<String>,
}

static RUNS: AtomicUsize = AtomicUsize::new(0);

#[smart_action(collection = "form tests", name = "Limited", kind = "bulk")]
async fn limited(form: Form<Limited>) -> ActionResult {
    RUNS.fetch_add(1, Ordering::Relaxed);
    Ok(success(format!("{:?}", *form)))
}

fn within_limits() -> Value {
    json!({"amount": 0.5, "grades": [1, 3], "code": "été", "words": ["abc"], "pair": ["a", "b"], "plan": "Gold",
        "plans": ["Free"], "file": "data:image/png;base64,AAAAAA==", "files": ["data:x/y;base64,"], "needed": [""]})
}

#[actix_web::test]
async fn limits_are_enforced_before_the_handler_runs() {
    let agent = Agent::local(actions![limited]).await;
    let app = agent.serve().await;
    Call::submit("limited", within_limits()).send(&app).await.success();
    let before = RUNS.load(Ordering::Relaxed);
    for (field, value, expected) in [
        ("amount", json!(0.4), "expected a number of at least 0.5, found 0.4"),
        (
            "amount",
            json!("100.1"),
            "expected a number of at most 100, found \"100.1\"",
        ),
        ("grades", json!([1, 4]), "expected a number of at most 3, found 4"),
        ("code", json!("a"), "at least 2 characters are needed, 1 were given"),
        ("code", json!("abcde"), "at most 4 characters are allowed, 5 were given"),
        (
            "code",
            json!("ab1"),
            "expected a text that matches `^[a-zé]+$`, found \"ab1\"",
        ),
        ("code", json!(""), "a value is required"),
        (
            "words",
            json!(["abcd"]),
            "at most 3 characters are allowed, 4 were given",
        ),
        ("pair", json!(["a"]), "at least 2 are needed, 1 were given"),
        ("pair", json!([]), "at least 2 are needed, 0 were given"),
        ("pair", json!(null), "at least 2 are needed, 0 were given"),
        (
            "pair",
            json!(["a", "b", "c", "d"]),
            "at most 3 are allowed, 4 were given",
        ),
        ("maybe_pair", json!(["a"]), "at least 2 are needed, 1 were given"),
        (
            "plan",
            json!("Silver"),
            "expected one of \"Free\", \"Gold\", found \"Silver\"",
        ),
        (
            "plans",
            json!(["Free", "Silver"]),
            "expected one of \"Free\", \"Gold\", found \"Silver\"",
        ),
        (
            "file",
            json!("data:image/png;name=a.png;base64,AAAAAAA="),
            "\"a.png\" has 5 bytes, at most 4 are allowed",
        ),
        (
            "file",
            json!("data:application/pdf;base64,"),
            "\"the file\" is of type application/pdf, expected Image/PNG, text/*",
        ),
        ("file", json!("data:;base64,"), "\"the file\" is of type unknown"),
        (
            "files",
            json!(["data:;base64,", "data:;base64,"]),
            "at most 1 are allowed, 2 were given",
        ),
        ("needed", json!([]), "a value is required"),
        ("needed", json!(null), "a value is required"),
    ] {
        let mut values = within_limits();
        values[field] = value.clone();
        let answer = Call::submit("limited", values).send(&app).await;
        let problems = answer.problems();
        assert_eq!(problems.len(), 1, "{field} = {value}: {problems:?}");
        assert!(
            problems[field].as_str().unwrap().starts_with(expected),
            "{field} = {value}: {problems:?}"
        );
    }
    // a limit does not make a field required, and omitting a list does not bypass its limit
    let mut values = within_limits();
    values.as_object_mut().unwrap().remove("pair");
    let answer = Call::submit("limited", values).send(&app).await;
    assert_eq!(answer.problems()["pair"], "at least 2 are needed, 0 were given");
    assert_eq!(RUNS.load(Ordering::Relaxed), before);
}

#[actix_web::test]
async fn all_problems_are_reported_at_once_in_form_order() {
    let agent = Agent::local(actions![limited]).await;
    let app = agent.serve().await;
    let answer = Call::submit(
        "limited",
        json!({"amount": "x", "code": 5, "pair": "no list", "needed": ["a"]}),
    )
    .send(&app)
    .await;
    assert_eq!(answer.problems().len(), 3);
    let body = answer.json();
    let lines: Vec<&str> = body["error"].as_str().unwrap().lines().collect();
    assert_eq!(
        lines,
        [
            "“amount”: expected a number, found \"x\"",
            "“code”: expected a text, found 5",
            "“pair”: expected a list, found \"no list\"",
        ]
    );
    assert_eq!(body["errors"][0]["status"], 400);
    assert_eq!(answer.header("access-control-allow-origin").unwrap(), OFFICIAL);
}

#[smart_action(collection = "form tests", name = "Unknown keys", kind = "bulk")]
async fn unknown_keys(form: Form<Presence>, values: Values) -> ActionResult {
    Ok(success(format!("{} {:?}", form.number, values.get("Loading..."))))
}

#[actix_web::test]
async fn frm_13_hidden_fields_are_parsed_and_unknown_keys_kept() {
    let agent = Agent::local(actions![unknown_keys]).await;
    let app = agent.serve().await;
    // the request does not tell which fields are visible
    let answer = Call::submit(
        "unknown-keys",
        json!({"json": 1, "number": 2, "Loading...": "x", "a.b": {}}),
    )
    .send(&app)
    .await;
    assert_eq!(answer.success(), "2 Some(String(\"x\"))");
}
