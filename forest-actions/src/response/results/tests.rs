use serde_json::{Value, json};

use super::*;
use crate::response::{ErrorKind, failure};

/// Status and body of the answer in English, with references replaced.
fn answered(results: Results) -> (u16, String) {
    let reference = results.reference.clone();
    let response = match results.answer().in_words(&English).and_then(ActionResponse::into_http) {
        Ok(response) => response,
        Err(error) => error.to_http(error.reference().unwrap_or("-")),
    };
    let status = response.status().as_u16();
    let body = futures_util::FutureExt::now_or_never(actix_web::body::to_bytes(response.into_body()));
    let Some(Ok(body)) = body else {
        panic!("the body is not at hand")
    };
    let body = String::from_utf8(body.to_vec()).unwrap();
    let body = reference.map_or(body.clone(), |reference| body.replace(&reference, "8c1f"));
    (status, body)
}

fn with_done(done: u64) -> Results {
    let mut results = Results::new();
    (0..done).for_each(|_| results.done());
    results
}

fn reminders(done: u64) -> Results {
    let mut results = with_done(done);
    results.refused(17, "already paid");
    results.refused(44, "no address");
    results.refused(31, "already paid");
    results
}

#[test]
fn records_that_are_all_done_need_no_panel() {
    assert_eq!(
        answered(with_done(45)),
        (200, r#"{"success":"45 records done"}"#.to_owned())
    );
    assert_eq!(
        answered(with_done(1)),
        (200, r#"{"success":"1 record done"}"#.to_owned())
    );
    let sent = with_done(3).message(|results| format!("{} reminders sent", results.done_count()));
    assert_eq!(answered(sent), (200, r#"{"success":"3 reminders sent"}"#.to_owned()));
}

#[test]
fn some_refused_records_are_listed_by_reason() {
    let results = reminders(42).message(|results| format!("{} reminders sent", results.done_count()));
    let response = results.answer().refresh(["reminders"]).in_words(&English).unwrap();
    let body = r#"{"success":"42 reminders sent, 3 refused","html":"<div class=\"c-clr-1-4 l-mt l-mb\"><p><b>42</b> done, <b>3</b> refused</p><ul><li>2 already paid: 17, 31</li><li>1 no address: 44</li></ul></div>","refresh":{"relationships":["reminders"]},"results":{"succeeded":42,"refused":3,"failed":0,"notAttempted":0,"reasons":[{"code":"already_paid","text":"already paid","outcome":"refused","count":2,"ids":["17","31"]},{"code":"no_address","text":"no address","outcome":"refused","count":1,"ids":["44"]}],"truncated":false}}"#;
    assert_eq!(
        response.to_json().unwrap(),
        serde_json::from_str::<Value>(body).unwrap()
    );
    let sent = response.into_http().unwrap().into_body();
    let sent = futures_util::FutureExt::now_or_never(actix_web::body::to_bytes(sent))
        .unwrap()
        .unwrap();
    assert_eq!(String::from_utf8(sent.to_vec()).unwrap(), body);
}

#[test]
fn without_one_record_done_the_answer_is_a_failure() {
    let (status, body) = answered(reminders(0).nothing_done("No reminder was sent"));
    assert_eq!(status, 400);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["error"], "No reminder was sent: 3 refused");
    assert_eq!(
        body["html"],
        "<div class=\"c-clr-1-4 l-mt l-mb\"><p><b>3</b> refused</p><ul><li>2 already paid: 17, 31</li><li>1 no address: 44</li></ul></div>"
    );
    assert_eq!(
        (&body["results"]["succeeded"], &body["results"]["refused"]),
        (&json!(0), &json!(3))
    );
    assert_eq!(
        body.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["error", "html", "results"]
    );
    let (_, body) = answered(reminders(0));
    assert!(body.starts_with(r#"{"error":"Nothing was done: 3 refused""#), "{body}");
}

#[test]
fn res_06_an_unexpected_failure_shows_a_reference_and_no_cause() {
    let mut results = reminders(40).message(|results| format!("{} reminders sent", results.done_count()));
    results.failed(5, std::io::Error::other("smtp.internal refused the password"));
    results.failed(6, std::io::Error::other("smtp.internal refused the password"));
    let (status, body) = answered(results);
    assert_eq!(status, 200);
    assert!(
        body.starts_with(r#"{"success":"40 reminders sent, 3 refused, 2 failed (reference 8c1f)""#),
        "{body}"
    );
    assert!(body.contains("<li>2 unexpected error: 5, 6</li>"), "{body}");
    assert!(!body.contains("smtp"), "{body}");
}

#[test]
fn a_failure_for_the_user_is_a_reason() {
    let mut results = with_done(1);
    results.failed(5, failure("the card was declined"));
    let (status, body) = answered(results);
    assert_eq!(status, 200);
    assert!(body.starts_with(r#"{"success":"1 record done, 1 failed""#), "{body}");
    assert!(
        body.contains(r#""code":"the_card_was_declined","text":"the card was declined","outcome":"failed""#),
        "{body}"
    );
}

#[test]
fn records_that_all_fail_unexpectedly_are_an_unexpected_error() {
    let mut results = Results::new();
    results.failed(5, std::io::Error::other("down"));
    let (status, body) = answered(results);
    assert_eq!(status, 500);
    let text = "Unexpected error. Please contact your administrator with the reference 8c1f.";
    let expected = json!({"errors": [{"status": 500, "detail": text, "name": "InternalServerError"}]});
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), expected);
}

#[test]
fn a_run_that_stops_says_why_and_how_many_are_left() {
    let mut results = Results::of(15);
    (0..3).for_each(|_| results.done());
    results.stop("the mail server is <down>");
    let (status, body) = answered(results);
    assert_eq!(status, 200);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        body["success"],
        "3 records done, 12 not attempted: the mail server is <down>"
    );
    assert_eq!(body["results"]["notAttempted"], 12);
    assert!(
        body["html"]
            .as_str()
            .unwrap()
            .contains("<b>12</b> not attempted: the mail server is &lt;down&gt;"),
        "{body}"
    );

    let mut results = Results::of(15);
    results.stop("the mail server is down");
    let (status, body) = answered(results);
    assert_eq!(status, 400);
    assert!(
        body.starts_with(r#"{"error":"Nothing was done: 15 not attempted: the mail server is down""#),
        "{body}"
    );

    let mut results = with_done(3);
    results.stop("the mail server is down");
    let (_, body) = answered(results);
    assert!(
        body.starts_with(r#"{"success":"3 records done, the rest was not attempted: the mail server is down""#),
        "{body}"
    );
}

#[test]
fn all_or_nothing_refuses_what_is_not_complete() {
    let done = with_done(3).all_or_nothing().unwrap();
    assert_eq!(done.done_count(), 3);
    let error = reminders(3).all_or_nothing().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadRequest);
    assert_eq!(error.message(), "Nothing was changed: 3 refused");
    let mut stopped = with_done(3);
    stopped.stop("enough");
    assert!(stopped.all_or_nothing().is_err());
    assert!(Results::of(1).all_or_nothing().is_err());
}

#[test]
fn the_panel_of_many_refusals_stays_small() {
    let mut results = with_done(1);
    for id in 0..10_000 {
        let reason = "<".repeat(200);
        results.refused(
            format!("{id}{}", "&".repeat(300)),
            Refusal::new(format!("code {}", id % 50), reason),
        );
    }
    let json = results.answer().to_json().unwrap();
    let html = json["html"].as_str().unwrap();
    assert!(html.len() <= 8 * 1024, "{}", html.len());
    assert!(html.ends_with("more</li></ul></div>"), "{html}");
    assert_eq!(json["results"]["refused"], 10_000);
    assert_eq!(json["results"]["truncated"], true);
    let ids = json["results"]["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason["ids"].as_array().unwrap().len());
    assert_eq!(ids.sum::<usize>(), 1_000);
}

#[test]
fn reasons_of_their_own_for_each_record_are_bounded() {
    let mut results = with_done(1);
    (0..5_000).for_each(|id| results.refused(id, format!("unpaid since day {id}")));
    let json = results.answer().to_json().unwrap();
    assert_eq!(json["success"], "1 record done, 5000 refused");
    assert_eq!(json["results"]["reasons"].as_array().unwrap().len(), 100);
    assert!(
        json["html"].as_str().unwrap().contains("<li>and 4980 more</li>"),
        "{json}"
    );
}

#[test]
fn a_reason_is_cut_and_its_code_follows_from_its_text() {
    let long = Refusal::from("é".repeat(300));
    assert_eq!(long.text().chars().count(), 200);
    assert_eq!(long.code().chars().count(), 64);
    assert_eq!(Refusal::from("No address – 2 tries!").code(), "no_address_2_tries");
    assert_eq!(Refusal::from("已付款").code(), "已付款");
}

#[test]
fn a_program_can_translate_the_words() {
    struct French;
    impl Texts for French {
        fn records_done(&self, count: Count) -> String {
            format!("{count} relances envoyées")
        }
        fn done(&self, count: Count) -> String {
            format!("{count} faites")
        }
        fn refused(&self, count: Count) -> String {
            format!("{count} refusées")
        }
    }
    let answer = reminders(2).answer().in_words(&French).unwrap().to_json().unwrap();
    assert_eq!(answer["success"], "2 relances envoyées, 3 refusées");
    assert!(
        answer["html"]
            .as_str()
            .unwrap()
            .contains("<b>2</b> faites, <b>3</b> refusées"),
        "{answer}"
    );
    let error = reminders(2).all_or_nothing().unwrap_err().in_words(&French);
    assert_eq!(error.message(), "Nothing was changed: 3 refusées");
}
