//! How many requests a smart action serves next to a handler written by hand.
//!
//! See `README.md` of this package for what is compared and how to read it.

mod database;
mod hand;
mod in_process;
mod load;
mod server;
mod sides;
mod tables;
mod work;

use std::time::Duration;

use forest_actions_benchmarks::{Args, Engine, Outcome, Spread, Table, cpu_time, median, pin};

use crate::load::Round;
use crate::server::Server;
use crate::sides::{Side, Sides, let_handlers_wait};

/// The processor of the client: not the servers'.
const PROCESSOR: usize = 1;

const HELP: &str = "throughput: a smart action against a handler written by hand

  --rounds N         rounds for each side, 1 to 50 (9)
  --milliseconds N   length of a round, 100 to 10000 (2000)
  --connections N    connections, 1 to 64 (16)
  --database ENGINE  instead: an action, a load hook and a list over sqlite or postgres, by hand, in local mode and
                     connected, over 1, 16 and 64 connections; `--connections N` for one of them
  --url URL          with it: the PostgreSQL server (FOREST_TEST_POSTGRES_URL, else a temporary one)
  --connected        instead: local mode against an agent that asks a Forest server, from its cache
  --variations       three more sides: connected, by hand in a task of its own, and a fixed answer
  --waits            every handler waits once, as for a database that answers at once
  --in-process       no sockets: nanoseconds per request, for every side
  --requests N       in process: requests in a round, 1 to 1000000 (20000)
  --only SIDE        in process: hand, forest, connected, hand-spawned or floor (for a profiler)
  --markdown         tables for a document";

#[allow(clippy::print_stdout, reason = "its output is the result")]
fn main() -> Outcome {
    let args = Args::read(
        &[
            "rounds",
            "milliseconds",
            "connections",
            "requests",
            "only",
            "serve",
            "database",
            "url",
        ],
        &["variations", "connected", "waits", "in-process", "markdown", "help"],
    )?;
    if args.has("help") {
        println!("{HELP}");
        return Ok(());
    }
    let side = |name: &str| Side::named(name).ok_or_else(|| format!("`{name}` is no side"));
    if args.has("waits") {
        let_handlers_wait();
    }
    let engine = args.text("database").map(Engine::named).transpose()?;
    if let Some(name) = args.text("serve") {
        return server::serve(side(name)?, args.text("url"));
    }
    let rounds = args.number("rounds", 9, 1..=50)?;
    let markdown = args.has("markdown");
    if args.has("in-process") {
        let requests = args.number("requests", 20_000, 1..=1_000_000)?;
        let only = args.text("only").map(side).transpose()?;
        let _ = pin(PROCESSOR);
        print!("{}", in_process::compare(rounds, requests, only, markdown)?);
        return Ok(());
    }
    let time = Duration::from_millis(args.number("milliseconds", 2_000, 100..=10_000)?);
    let connections = args.number("connections", 16, 1..=64)?;
    if let Some(engine) = engine {
        let plan = tables::Plan {
            rounds,
            time,
            connections: args.text("connections").map_or(vec![1, 16, 64], |_| vec![connections]),
        };
        return tables::compare(&plan, engine, args.text("url"), markdown);
    }
    let plan = Plan {
        rounds,
        time,
        connections,
        waits: args.has("waits"),
    };
    let sides: &[Side] = if args.has("connected") {
        &[Side::Forest, Side::Connected]
    } else if args.has("variations") {
        &Side::ALL
    } else {
        &[Side::Hand, Side::Forest]
    };
    report(&plan, &run(&plan, sides)?, markdown);
    Ok(())
}

struct Plan {
    rounds: u64,
    time: Duration,
    connections: u64,
    waits: bool,
}

/// One side, its server and what it did.
struct Run {
    side: Side,
    server: Server,
    rounds: Vec<Round>,
    /// Processor time of the server in each round, as a share of the time and in microseconds per request.
    busy: Vec<f64>,
    cost: Vec<f64>,
}

fn run(plan: &Plan, sides: &[Side]) -> Outcome<Vec<Run>> {
    let mut runs = Vec::new();
    for &side in sides {
        runs.push(Run {
            side,
            server: Server::start(side, None, plan.waits)?,
            rounds: Vec::new(),
            busy: Vec::new(),
            cost: Vec::new(),
        });
    }
    // after the servers are started: they would inherit it
    let _ = pin(PROCESSOR);
    let runtime = actix_web::rt::System::new();
    runtime.block_on(async {
        let token = Sides::start().await?.token()?;
        // lives as long as the program
        let request: &'static [u8] = load::request(&token).leak();
        same_answers(&runs, request).await?;
        for run in &runs {
            load::round(run.server.port, &[request], plan.connections, plan.time / 2).await?;
        }
        for _ in 0..plan.rounds {
            for run in &mut runs {
                let before = cpu_time(run.server.id());
                let round = load::round(run.server.port, &[request], plan.connections, plan.time).await?;
                if let (Some(before), Some(after)) = (before, cpu_time(run.server.id())) {
                    let used = after.saturating_sub(before).as_secs_f64();
                    run.busy.push(used / round.seconds);
                    run.cost.push(used * 1e6 / round.latencies.len().max(1) as f64);
                }
                run.rounds.push(round);
            }
        }
        Ok(runs)
    })
}

/// A comparison only means something when the sides do the same: the answers must match, whatever the order of headers.
async fn same_answers(runs: &[Run], request: &[u8]) -> Outcome {
    let mut first: Option<Vec<String>> = None;
    for run in runs {
        let answer = load::once(run.server.port, request).await?;
        let mut lines: Vec<String> = answer
            .lines()
            .filter(|line| !line.starts_with("date: "))
            .map(str::to_owned)
            .collect();
        lines.sort_unstable();
        match &first {
            None => first = Some(lines),
            Some(first) if *first == lines => {}
            Some(first) => return Err(format!("{} answers otherwise: {lines:#?} and not {first:#?}", run.side).into()),
        }
    }
    Ok(())
}

#[allow(clippy::print_stdout, reason = "its output is the result")]
fn report(plan: &Plan, runs: &[Run], markdown: bool) {
    let headings = [
        "",
        "requests/s",
        "p50 µs",
        "p99 µs",
        "server µs per request",
        "server busy",
    ];
    let mut table = Table::new(&headings, markdown);
    for run in runs {
        let of = |value: fn(&Round) -> f64| median(&run.rounds.iter().map(value).collect::<Vec<_>>());
        table.row([
            run.side.to_string(),
            format!("{:.0}", of(Round::requests_per_second)),
            format!("{:.0}", of(|round| round.percentile(0.50))),
            format!("{:.0}", of(|round| round.percentile(0.99))),
            format!("{:.2}", median(&run.cost)),
            format!("{:.0} %", median(&run.busy) * 100.0),
        ]);
    }
    let Plan {
        rounds,
        time,
        connections,
        waits,
    } = plan;
    let handlers = if *waits {
        "handlers that wait once"
    } else {
        "handlers that never wait"
    };
    println!(
        "{rounds} rounds of {} ms for each side in turn, {connections} connections, one worker, {handlers}\n",
        time.as_millis()
    );
    println!("{table}");
    let Some((first, others)) = runs.split_first() else {
        return;
    };
    let against = format!("against {}", first.side);
    let headings = [
        against.as_str(),
        "requests/s (lowest to highest)",
        "server time (lowest to highest)",
    ];
    let mut table = Table::new(&headings, markdown);
    for run in others {
        // each round against the one just before it, which had the same neighbours on the machine
        let rates: Vec<f64> = run
            .rounds
            .iter()
            .zip(&first.rounds)
            .map(|(run, first)| run.requests_per_second() / first.requests_per_second())
            .collect();
        let costs: Vec<f64> = run
            .cost
            .iter()
            .zip(&first.cost)
            .map(|(run, first)| run / first)
            .collect();
        table.row([
            run.side.to_string(),
            Spread::of(&rates).to_string(),
            Spread::of(&costs).to_string(),
        ]);
    }
    print!("{table}");
}
