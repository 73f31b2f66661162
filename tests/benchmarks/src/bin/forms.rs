//! What a form of thirty fields costs in a request and in a change hook, next to plain serde on the same values.
//!
//! Requests go through the application itself, without sockets. The cost of the form is what a handler that takes it needs
//! more than one that does not; both read the same body.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use actix_web::dev::{Service, ServiceResponse};
use actix_web::{App, test};
use forest_actions::prelude::*;
use forest_actions_benchmarks::{Args, Outcome, Spread, Table, pin};
use serde::Deserialize;
use serde_json::{Map, Value};

const HELP: &str = "forms: a form of thirty fields next to plain serde

  --rounds N     rounds for each side, 1 to 50 (9)
  --requests N   requests in a round, 1 to 1000000 (5000)
  --markdown     a table for a document";

/// The same thirty fields, once as a form and once for serde.
macro_rules! thirty_fields {
    ($($amount:ident $text:ident $choice:ident),*) => {
        #[derive(ActionForm)]
        struct Thirty {
            $(
                #[field(min = 0, max = 1_000_000)]
                $amount: f64,
                #[field(max_length = 80)]
                $text: String,
                $choice: Option<i64>,
            )*
        }

        #[derive(Deserialize)]
        struct Plain {
            $($amount: f64, $text: String, $choice: Option<i64>,)*
        }

        impl Thirty {
            fn total(&self) -> f64 {
                let mut total = 0.0;
                $(total += self.$amount + self.$text.len() as f64 + self.$choice.unwrap_or_default() as f64;)*
                total
            }
        }

        impl Plain {
            fn total(&self) -> f64 {
                let mut total = 0.0;
                $(total += self.$amount + self.$text.len() as f64 + self.$choice.unwrap_or_default() as f64;)*
                total
            }
        }

        const NAMES: &[[&str; 3]] = &[$([stringify!($amount), stringify!($text), stringify!($choice)]),*];
    };
}

thirty_fields!(a0 t0 c0, a1 t1 c1, a2 t2 c2, a3 t3 c3, a4 t4 c4, a5 t5 c5, a6 t6 c6, a7 t7 c7, a8 t8 c8, a9 t9 c9);

#[smart_action(collection = "companies", name = "Without form", kind = "single")]
async fn without_form(id: RecordId<i64>) -> ActionResult {
    Ok(success(id.to_string()))
}

#[smart_action(collection = "companies", name = "With form", kind = "single", change(a0 = unchanged))]
async fn with_form(id: RecordId<i64>, form: Form<Thirty>) -> ActionResult {
    let _ = black_box(form.total());
    Ok(success(id.to_string()))
}

async fn unchanged(form: FormState) -> HookResult {
    Ok(form)
}

/// The values of one submission, and the fields of one change.
fn inputs() -> (String, String) {
    let (mut values, mut fields) = (String::new(), String::new());
    for (index, [amount, text, choice]) in NAMES.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        // writing to a text cannot fail
        let _ = write!(
            values,
            r#"{comma}"{amount}":{index}.5,"{text}":"a few words about number {index}","{choice}":{index}"#
        );
        for (name, kind, value) in [
            (amount, "Number", format!("{index}.5")),
            (text, "String", "\"a few words\"".to_owned()),
            (choice, "Number", index.to_string()),
        ] {
            let comma = if fields.is_empty() { "" } else { "," };
            let hook = if *name == "a0" { r#","hook":"a0""# } else { "" };
            let _ = write!(
                fields,
                r#"{comma}{{"field":"{name}","type":"{kind}","reference":null,"enums":null,"description":null,"isRequired":true,"value":{value},"previousValue":null,"widgetEdit":null,"isReadOnly":false{hook}}}"#
            );
        }
    }
    (format!("{{{values}}}"), format!("[{fields}]"))
}

#[allow(clippy::print_stdout, reason = "its output is the result")]
fn main() -> Outcome {
    let args = Args::read(&["rounds", "requests"], &["markdown", "help"])?;
    if args.has("help") {
        println!("{HELP}");
        return Ok(());
    }
    let rounds = args.number("rounds", 9, 1..=50)?;
    let requests = args.number("requests", 5_000, 1..=1_000_000)?;
    let markdown = args.has("markdown");
    let _ = pin(1);
    print!(
        "{}",
        actix_web::rt::System::new().block_on(compare(rounds, requests, markdown))?
    );
    Ok(())
}

async fn compare(rounds: u64, requests: u64, markdown: bool) -> Outcome<Table> {
    let forest = Forest::builder().schema_file(false).start().await?;
    let authorization = format!("Bearer {}", forest.local_token(1)?);
    let app = test::init_service(App::new().configure(forest.routes())).await;
    let (values, fields) = inputs();
    let submit = format!(r#"{{"data":{{"attributes":{{"ids":["7"],"values":{values}}}}}}}"#);
    let change = format!(r#"{{"data":{{"attributes":{{"ids":["7"],"changed_field":"a0","fields":{fields}}}}}}}"#);
    let without = "/forest/actions/without-form";
    let with = "/forest/actions/with-form";
    let mut sides: [Vec<f64>; 5] = Default::default();
    for round in 0..=rounds {
        let measured = [
            times(&app, without, &submit, &authorization, requests).await?,
            times(&app, with, &submit, &authorization, requests).await?,
            repeat(requests, || {
                serde_json::from_str::<Plain>(&values).map(|plain| plain.total())
            })?,
            times(&app, &format!("{with}/hooks/change"), &change, &authorization, requests).await?,
            repeat(requests, || {
                let fields: Vec<Map<String, Value>> = serde_json::from_str(&fields)?;
                serde_json::to_vec(&fields)
            })?,
        ];
        // the first round warms up
        for (side, measured) in sides.iter_mut().zip(measured).filter(|_| round > 0) {
            side.push(measured);
        }
    }
    Ok(table(&sides, markdown))
}

/// Nanoseconds for each request.
async fn times<S>(app: &S, uri: &str, body: &str, authorization: &str, requests: u64) -> Outcome<f64>
where
    S: Service<actix_http::Request, Response = ServiceResponse, Error = actix_web::Error>,
{
    let body = bytes::Bytes::from(body.to_owned());
    let started = Instant::now();
    for _ in 0..requests {
        let request = test::TestRequest::post()
            .uri(uri)
            .insert_header(("content-type", "application/json"))
            .insert_header(("authorization", authorization))
            .set_payload(body.clone())
            .to_request();
        let response = test::call_service(app, request).await;
        if !response.status().is_success() {
            return Err(format!("{uri} answered {}", response.status()).into());
        }
        let _ = black_box(response);
    }
    Ok(started.elapsed().as_nanos() as f64 / requests as f64)
}

/// Nanoseconds for each call.
fn repeat<T>(calls: u64, call: impl Fn() -> serde_json::Result<T>) -> Outcome<f64> {
    let started = Instant::now();
    for _ in 0..calls {
        let _ = black_box(call()?);
    }
    Ok(started.elapsed().as_nanos() as f64 / calls as f64)
}

fn table(sides: &[Vec<f64>; 5], markdown: bool) -> Table {
    let mut table = Table::new(
        &["thirty fields", "ns", "lowest", "highest", "ratio to serde"],
        markdown,
    );
    let [without, with, plain, hook, plain_fields] = sides;
    let form: Vec<f64> = with.iter().zip(without).map(|(with, without)| with - without).collect();
    let serde = Spread::of(plain).median;
    let serde_fields = Spread::of(plain_fields).median;
    for (name, times, ratio) in [
        ("request whose handler ignores the values", without, None),
        ("request with the form", with, None),
        ("the form: read and check", &form, Some(serde)),
        ("serde: the same values into a struct", plain, Some(serde)),
        ("change hook, whole request", hook, Some(serde_fields)),
        (
            "serde: the same fields, read and written",
            plain_fields,
            Some(serde_fields),
        ),
    ] {
        let spread = Spread::of(times);
        table.row([
            name.to_owned(),
            format!("{:.0}", spread.median),
            format!("{:.0}", spread.lowest),
            format!("{:.0}", spread.highest),
            ratio.map_or_else(String::new, |of| format!("{:.2}", spread.median / of)),
        ]);
    }
    table
}
