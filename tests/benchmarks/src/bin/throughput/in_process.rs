//! The same sides without sockets: one request after another through the application itself, in this thread.
//!
//! The kernel takes most of the time of a request over a socket, and most of the noise. This tells the difference of the
//! sides in nanoseconds, where the ratio of the real servers cannot.

use std::time::Instant;

use actix_web::{App, test};
use forest_actions_benchmarks::{Outcome, Spread, Table};

use crate::sides::{BODY, ORIGIN, Side, Sides, URI};

/// Runs `rounds` of `requests` each for every side, in turn; gives a table.
pub(crate) fn compare(rounds: u64, requests: u64, only: Option<Side>, markdown: bool) -> Outcome<Table> {
    actix_web::rt::System::new().block_on(async move {
        let sides = Sides::start().await?.connect().await?;
        let authorization = format!("Bearer {}", sides.token()?);
        let mut apps = Vec::new();
        for side in Side::ALL
            .into_iter()
            .filter(|side| only.is_none_or(|only| *side == only))
        {
            let sides = sides.clone();
            let app = App::new().configure(move |config| sides.mount(side, config));
            apps.push((side, test::init_service(app).await, Vec::new()));
        }
        for round in 0..=rounds {
            for (_, app, results) in &mut apps {
                let started = Instant::now();
                for _ in 0..requests {
                    let request = test::TestRequest::post()
                        .uri(URI)
                        .peer_addr(([127, 0, 0, 1], 3310).into())
                        .insert_header(("host", "127.0.0.1:3310"))
                        .insert_header(("accept", "application/json"))
                        .insert_header(("origin", ORIGIN))
                        .insert_header(("content-type", "application/json"))
                        .insert_header(("authorization", authorization.as_str()))
                        .insert_header(("content-length", BODY.len()))
                        .set_payload(BODY)
                        .to_request();
                    let response = test::call_service(app, request).await;
                    if !response.status().is_success() {
                        return Err("not a success".into());
                    }
                    let _ = std::hint::black_box(response);
                }
                let nanoseconds = started.elapsed().as_nanos() as f64 / requests as f64;
                // the first round warms up
                if round > 0 {
                    results.push(nanoseconds);
                }
            }
        }
        let mut table = Table::new(&["in process", "ns per request", "lowest", "highest"], markdown);
        for (side, _, results) in &apps {
            let Spread {
                lowest,
                median,
                highest,
            } = Spread::of(results);
            table.row([
                side.to_string(),
                format!("{median:.0}"),
                format!("{lowest:.0}"),
                format!("{highest:.0}"),
            ]);
        }
        Ok(table)
    })
}
