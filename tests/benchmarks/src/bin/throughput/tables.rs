//! The sides over a database: each kind of request, over several numbers of connections.

use std::time::Duration;

use forest_actions_benchmarks::{Engine, Outcome, Spread, Table, cpu_time, median, pin};
use serde_json::Value;

use crate::database;
use crate::load::{self, Round};
use crate::server::Server;
use crate::sides::{Side, Sides};
use crate::work::Work;

pub(crate) struct Plan {
    pub(crate) rounds: u64,
    pub(crate) time: Duration,
    pub(crate) connections: Vec<u64>,
}

/// One side and its rounds of one kind of request.
struct Run {
    side: Side,
    server: Server,
    rates: Vec<f64>,
    /// Processor time of the server for each request.
    costs: Vec<f64>,
}

#[allow(clippy::print_stdout, reason = "its output is the result")]
pub(crate) fn compare(plan: &Plan, engine: Engine, url: Option<&str>, markdown: bool) -> Outcome {
    let runtime = actix_web::rt::System::new();
    let headings = [
        "request",
        "connections",
        "by hand, requests/s",
        "local mode, ratio",
        "connected, ratio",
        "local mode, server time",
        "connected, server time",
    ];
    let mut table = Table::new(&headings, markdown);
    runtime.block_on(async {
        let rows = database::Table::create(engine, url).await?;
        let mut runs = Vec::new();
        for side in [Side::Hand, Side::Forest, Side::Connected] {
            runs.push(Run {
                side,
                server: Server::start(side, Some(&rows.url), false)?,
                rates: Vec::new(),
                costs: Vec::new(),
            });
        }
        // after the servers are started: they would inherit it
        let _ = pin(crate::PROCESSOR);
        let token = Sides::start().await?.token()?;
        for work in Work::ALL {
            for &connections in &plan.connections {
                measure(plan, work, connections, &token, &mut runs).await?;
                table.row(row(work, connections, &runs));
            }
        }
        drop(runs);
        rows.remove().await
    })?;
    println!(
        "{engine}, {} rounds of {} ms for each side in turn, one worker\n",
        plan.rounds,
        plan.time.as_millis()
    );
    print!("{table}");
    Ok(())
}

async fn measure(plan: &Plan, work: Work, connections: u64, token: &str, runs: &mut [Run]) -> Outcome {
    // a record for each connection, which live as long as the program
    let requests = (1..=i64::try_from(connections)?).map(|id| &*load::request_of(work, token, id).leak());
    let requests: Vec<&'static [u8]> = requests.collect();
    let mut answers = Vec::new();
    for run in runs.iter_mut() {
        (run.rates, run.costs) = (Vec::new(), Vec::new());
        for request in requests.iter().take(1) {
            answers.push((run.side, answer(run.server.port, request).await?));
        }
        load::round(run.server.port, &requests, connections, plan.time / 4).await?;
    }
    if let Some((_, first)) = answers.first()
        && let Some((side, other)) = answers.iter().find(|(_, other)| other != first)
    {
        return Err(format!("{side} answers otherwise: {other:#?} and not {first:#?}").into());
    }
    for _ in 0..plan.rounds {
        for run in runs.iter_mut() {
            let before = cpu_time(run.server.id());
            let round: Round = load::round(run.server.port, &requests, connections, plan.time).await?;
            if let (Some(before), Some(after)) = (before, cpu_time(run.server.id())) {
                let used = after.saturating_sub(before).as_secs_f64();
                run.costs.push(used / round.latencies.len().max(1) as f64);
            }
            run.rates.push(round.requests_per_second());
        }
    }
    Ok(())
}

/// The head of an answer, without its date and length and in any order, and the body as JSON.
async fn answer(port: u16, request: &[u8]) -> Outcome<(Vec<String>, Value)> {
    let answer = load::once(port, request).await?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("an answer without a head")?;
    let is_compared = |line: &&str| !line.starts_with("date: ") && !line.starts_with("content-length: ");
    let mut head: Vec<String> = head.lines().filter(is_compared).map(str::to_owned).collect();
    head.sort_unstable();
    Ok((head, serde_json::from_str(body)?))
}

fn row(work: Work, connections: u64, runs: &[Run]) -> Vec<String> {
    let mut cells = vec![work.to_string(), connections.to_string()];
    let Some((hand, others)) = runs.split_first() else {
        return cells;
    };
    cells.push(format!("{:.0}", median(&hand.rates)));
    // each round against the one just before it
    let ratios = |run: &Run, of: fn(&Run) -> &Vec<f64>| {
        let ratios: Vec<f64> = of(run).iter().zip(of(hand)).map(|(run, hand)| run / hand).collect();
        Spread::of(&ratios).to_string()
    };
    cells.extend(others.iter().map(|run| ratios(run, |run| &run.rates)));
    cells.extend(others.iter().map(|run| ratios(run, |run| &run.costs)));
    cells
}
