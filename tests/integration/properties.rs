//! Arbitrary requests: never a panic, a hang or a 5xx, and the handler runs for valid requests only.

use std::time::{Duration, Instant};

use forest_actions::prelude::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{Agent, Answer, Call, MARK_AS_LIVE, Runs, companies, mint};

const ARCHIVE: &str = "/forest/actions/archive";

#[smart_action(collection = "any", name = "Header", kind = "global")]
async fn header(values: Values, runs: web::Data<Runs>) -> ActionResult {
    runs.add();
    Ok(success("").header(values.required::<String>("name")?, values.required::<String>("value")?))
}

#[smart_action(collection = "any", name = "File", kind = "global")]
async fn file(values: Values, runs: web::Data<Runs>) -> ActionResult<Download> {
    runs.add();
    Ok(Download::new(values.required::<String>("name")?, "content").media_type(values.required::<String>("type")?))
}

#[smart_action(collection = "any", name = "Redirect", kind = "global")]
async fn redirect(values: Values) -> ActionResult {
    Ok(success("").redirect_to(values.required::<String>("target")?))
}

#[smart_action(collection = "any", name = "Pair", kind = "bulk")]
async fn pairs(ids: RecordIds<(i64, String)>, runs: web::Data<Runs>) -> String {
    runs.add();
    serde_json::to_string(&ids.into_inner()).unwrap()
}

/// Cases per property; together they take a few seconds.
const CASES: u32 = 400;

/// Timeout of one response, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// Sends the calls that `strategy` makes to one agent and looks at each answer, with the runs that it cost.
fn each<S: Strategy>(strategy: S, call: impl Fn(&S::Value) -> Call, check: impl Fn(&S::Value, &Answer, usize)) {
    let system = actix_web::rt::System::new();
    let actions = companies().into_iter().chain(actions![header, file, redirect, pairs]);
    let agent = system.block_on(Agent::with(|builder| builder.actions(actions).body_limit(100_000)));
    let app = system.block_on(agent.serve());
    // a failure is printed; a file of seeds beside the tests would be one more thing to keep
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&strategy, |value| {
        let (before, begun) = (agent.runs.count(), Instant::now());
        let answer = system.block_on(call(&value).send(&app));
        assert!(begun.elapsed() < PATIENCE, "an answer took {:?}", begun.elapsed());
        assert!(answer.header("access-control-allow-origin").is_some(), "{answer:?}");
        check(&value, &answer, agent.runs.count() - before);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// Any JSON, not too deep.
fn any_json() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((".{0,8}", inner), 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// JSON that looks like a request, with any values in its places.
fn request_like() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "ids",
        "values",
        "collection_name",
        "all_records",
        "all_records_subset_query",
        "all_records_ids_excluded",
        "smart_action_id",
        "signed_approval_request",
        "requester_id",
        "parent_collection_name",
        "parent_collection_id",
        "parent_association_name",
        "action_intent_params",
        "fields",
        "changed_field",
        "recordIds",
        "collectionName",
        "changedField",
    ]);
    let attributes = vec((key, any_json()), 0..8).prop_map(|members| {
        Value::Object(
            members
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        )
    });
    prop_oneof![
        attributes
            .clone()
            .prop_map(|attributes| json!({"data": {"attributes": attributes}})),
        attributes.clone().prop_map(|attributes| json!({"data": attributes})),
        vec(any_json(), 0..4).prop_map(|records| json!({"data": records})),
        attributes,
        any_json(),
    ]
}

/// The expected form of a refusal.
fn assert_refused(answer: &Answer, runs: usize) {
    let status = answer.status();
    assert!((400..500).contains(&status), "{answer:?}");
    answer.detail(status);
    assert_eq!(runs, 0, "the handler ran for a refused request: {answer:?}");
}

#[test]
fn sel_10_any_bytes_as_a_body_are_rejected_or_run_once() {
    let bodies = prop_oneof![
        vec(any::<u8>(), 0..200),
        ".{0,200}".prop_map(String::into_bytes),
        r#"[\[\]{}",:0-9a-z\\]{0,200}"#.prop_map(String::into_bytes),
    ];
    let paths = prop::sample::select(vec![
        ARCHIVE,
        "/forest/actions/archive/hooks/load",
        "/forest/actions/archive/hooks/change",
    ]);
    each(
        (paths, bodies),
        |(path, body)| Call::post(*path).body(body.clone()),
        |_, answer, runs| match answer.status() {
            200 => assert!(runs <= 1),
            _ => assert_refused(answer, runs),
        },
    );
}

#[test]
fn sel_10_any_json_as_a_body_is_rejected_or_run_once() {
    let paths = prop::sample::select(vec![
        MARK_AS_LIVE,
        ARCHIVE,
        "/forest/actions/recount",
        "/forest/actions/mark-as-live/hooks/load",
        "/forest/actions/mark-as-live/hooks/change",
    ]);
    each(
        (paths, request_like()),
        |(path, body)| Call::post(*path).json(body),
        |(path, body), answer, runs| match answer.status() {
            200 => assert_eq!(runs, usize::from(!path.contains("/hooks/")), "{path} {body}"),
            _ => assert_refused(answer, runs),
        },
    );
}

#[test]
fn aut_09_any_text_as_a_token_is_401_and_nothing_runs() {
    let tokens = prop_oneof![
        "[!-~]{0,80}",
        r"[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}",
        r"eyJhbGciOiJIUzI1NiJ9\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,43}",
    ];
    each(
        (tokens, any::<bool>()),
        |(token, in_cookie)| match in_cookie {
            true => Call::post(MARK_AS_LIVE)
                .without("authorization")
                .header("cookie", format!("forest_session_token={token}")),
            false => Call::post(MARK_AS_LIVE).bearer(token),
        },
        |_, answer, runs| {
            answer.detail(401);
            assert_eq!(runs, 0);
        },
    );
}

#[test]
fn aut_09_a_token_with_one_character_changed_is_401() {
    let token = crate::support::token();
    let length = token.len();
    each(
        (0..length, "[A-Za-z0-9_.-]"),
        |(index, character)| {
            let mut changed = token.clone();
            changed.replace_range(*index..=*index, character);
            Call::post(MARK_AS_LIVE).bearer(&changed)
        },
        |(index, character), answer, runs| {
            let same = token[*index..].starts_with(character.as_str());
            assert_eq!(
                (answer.status(), runs),
                if same { (200, 1) } else { (401, 0) },
                "{index} {character}"
            );
        },
    );
}

#[test]
fn aut_10_any_claims_are_a_caller_or_401() {
    let keys = prop::sample::select(vec![
        "id",
        "email",
        "firstName",
        "team",
        "role",
        "tags",
        "renderingId",
        "exp",
        "nbf",
        "type",
        "data",
    ]);
    each(
        vec((keys, any_json()), 0..4),
        |claims| {
            let mut all = crate::support::claims();
            for (key, value) in claims {
                all[*key] = value.clone();
            }
            Call::post(MARK_AS_LIVE).bearer(&mint(&all))
        },
        |claims, answer, runs| match answer.status() {
            200 => assert_eq!(runs, 1),
            status => assert_eq!((status, runs), (401, 0), "{claims:?}"),
        },
    );
}

#[test]
fn sel_06_any_text_round_trips_as_an_id() {
    each(
        vec("[^\0,]{1,12}", 1..6),
        |ids| Call::post(ARCHIVE).ids(ids.iter().cloned()),
        |ids, answer, runs| {
            let mut distinct: Vec<&str> = Vec::new();
            for id in ids {
                if !distinct.contains(&id.as_str()) {
                    distinct.push(id);
                }
            }
            assert_eq!((answer.success(), runs), (distinct.join(","), 1));
        },
    );
}

#[test]
fn sel_07_any_text_is_a_whole_number_or_400() {
    each(
        prop_oneof![any::<i64>().prop_map(|id| id.to_string()), "[0-9+-]{1,20}", ".{1,8}"],
        |id| Call::post(MARK_AS_LIVE).ids([id.clone()]),
        |id, answer, runs| {
            let digits = id.strip_prefix('-').unwrap_or(id);
            let is_canonical = id == "0" || !digits.starts_with('0');
            let is_number =
                is_canonical && digits.bytes().all(|byte| byte.is_ascii_digit()) && id.parse::<i64>().is_ok();
            match is_number {
                true => assert_eq!((answer.status(), runs), (200, 1), "{id:?}"),
                false => assert_refused(answer, runs),
            }
        },
    );
}

#[test]
fn sel_05_any_composite_id_round_trips_as_a_list() {
    each(
        vec((any::<i64>(), "[^\0]{0,8}"), 1..4),
        |pairs| Call::post("/forest/actions/pair").ids(pairs.iter().map(|pair| json!(pair))),
        |pairs, answer, runs| {
            let seen: Vec<(i64, String)> = serde_json::from_str(&answer.success()).unwrap();
            let mut distinct = pairs.clone();
            distinct.sort();
            distinct.dedup();
            let mut sorted = seen;
            sorted.sort();
            assert_eq!((sorted, runs), (distinct, 1));
        },
    );
}

#[test]
fn rte_03_any_path_below_the_mount_gets_a_response() {
    let path = prop_oneof![
        "[a-zA-Z0-9%&=+/:;,.!~*'()@$_-]{0,40}",
        "(/|%2[fF5]|\\.|%2[eE]|actions|mark-as-live|hooks|load|%[0-9a-fA-F]{2}|%|[a-z]){0,12}",
    ];
    each(
        (path, "(GET|POST|PUT|DELETE|OPTIONS|[A-Z]{1,8})"),
        |(path, method)| Call::post(format!("/forest/{path}")).method(method),
        |(path, method), answer, runs| {
            assert!(answer.status() < 500, "{method} {path}: {answer:?}");
            assert!(runs == 0 || answer.status() == 200, "{method} {path}");
        },
    );
}

#[test]
fn any_query_string_and_header_gets_a_response() {
    let name = prop::sample::select(vec![
        "cookie",
        "content-type",
        "content-encoding",
        "forest-context-url",
        "x-forwarded-for",
        "host",
        "accept",
        "expect",
        "access-control-request-method",
        "access-control-request-headers",
        "authorization",
    ]);
    each(
        (
            "(timezone=)?[a-zA-Z0-9%&=+/:;,.!~*'()@$_-]{0,40}",
            name,
            vec(prop_oneof![Just(9_u8), 32..=126_u8, 128..=255_u8], 0..40),
        ),
        |(query, name, value)| Call::post(format!("{MARK_AS_LIVE}?{query}")).header(name, value),
        |_, answer, runs| match answer.status() {
            200 => assert_eq!(runs, 1),
            _ => assert_refused(answer, runs),
        },
    );
}

#[test]
fn net_03_any_foreign_origin_is_denied() {
    let system = actix_web::rt::System::new();
    let agent = system.block_on(Agent::local(companies()));
    let app = system.block_on(agent.serve());
    let origins = prop_oneof![
        "[!-~]{0,40}",
        "https?://[a-z.]{0,12}forestadmin[.]com[a-z.:@0-9/]{1,12}",
        "https://[a-z]{1,8}forestadmin[.]com"
    ];
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&origins, |origin| {
        let answer = system.block_on(Call::post(MARK_AS_LIVE).header("origin", &origin).send(&app));
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
}

#[test]
fn res_04_any_header_is_sent_unchanged_or_is_an_unexpected_error() {
    each(
        (
            prop_oneof!["x-[a-z]{1,8}", ".{0,8}"],
            prop_oneof!["[ -~]{0,20}", ".{0,20}", "[\r\n\t a-z:]{0,12}"],
        ),
        |(name, value)| Call::post("/forest/actions/header").values(json!({"name": name, "value": value})),
        |(name, value), answer, runs| {
            assert_eq!(runs, 1);
            let sent = answer
                .header_bytes(name)
                .is_some_and(|sent| sent == value.trim_matches([' ', '\t']).as_bytes() || sent == value.as_bytes());
            match answer.status() {
                200 => assert!(sent, "{name:?} {value:?}"),
                status => assert_eq!(status, 500, "{name:?} {value:?}"),
            }
            assert_eq!(answer.header("set-cookie"), None);
        },
    );
}

#[test]
fn res_01_any_file_name_and_media_type_is_a_download() {
    each(
        (prop_oneof![".{0,40}", "[./\\\\\"%;\r\n\0 ]{0,12}"], ".{0,20}"),
        |(name, media_type)| Call::post("/forest/actions/file").values(json!({"name": name, "type": media_type})),
        |(name, _), answer, runs| {
            assert_eq!((answer.status(), answer.text(), runs), (200, "content", 1));
            let disposition = answer.header("content-disposition").unwrap();
            assert!(
                disposition.starts_with("attachment; filename=\"") && !disposition.contains(['/', '\n']),
                "{name:?}"
            );
            assert!(disposition.is_ascii());
        },
    );
}

#[test]
fn any_redirect_is_a_web_address_or_an_unexpected_error() {
    each(
        prop_oneof![".{0,30}", "(https?|javascript|data|//|/|\\\\|:|[a-z@. \t]){0,10}"],
        |target| Call::post("/forest/actions/redirect").values(json!({ "target": target })),
        |target, answer, _| match answer.status() {
            200 => {
                let sent = answer.json()["redirectTo"].as_str().unwrap().to_owned();
                let lower = sent.to_ascii_lowercase();
                let inside = sent.starts_with('/') && !sent.starts_with("//") && !sent.contains('\\');
                assert!(
                    inside || lower.starts_with("http:") || lower.starts_with("https:"),
                    "{sent:?}"
                );
                assert_eq!(&sent, target);
            }
            status => assert_eq!(status, 500),
        },
    );
}
