//! How long a program with thousands of actions takes to start.
//!
//! From the builder to a checked registry and a finished schema, then to the text of the schema file, then the whole start
//! with the file on disk. See `README.md` of this package.

use std::time::{Duration, Instant};

use forest_actions::{ActionDescriptor, ActionError, ActionKind, Forest, ForestBuilder, Origin};
use forest_actions_benchmarks::{Args, Outcome, Table, median};

const HELP: &str = "startup: from the builder to a finished schema

  --actions N,N,…   numbers of actions, each up to 100000 (1000,10000,20000)
  --per-collection N  actions in a collection, 1 to 100000 (10)
  --rounds N        rounds, 1 to 50 (9)
  --markdown        a table for a document";

#[allow(clippy::print_stdout, reason = "its output is the result")]
fn main() -> Outcome {
    let args = Args::read(&["actions", "per-collection", "rounds"], &["markdown", "help"])?;
    if args.has("help") {
        println!("{HELP}");
        return Ok(());
    }
    let counts = args.counts("actions", &[1_000, 10_000, 20_000], 100_000)?;
    let per_collection = usize::try_from(args.number("per-collection", 10, 1..=100_000)?)?;
    let rounds = args.number("rounds", 9, 1..=50)?;
    let runtime = actix_web::rt::System::new();
    let headings = [
        "actions",
        "schema ms",
        "text ms",
        "start, new file ms",
        "start, same file ms",
        "schema µs per action",
    ];
    let mut table = Table::new(&headings, args.has("markdown"));
    for count in counts {
        let actions = actions(count, per_collection);
        let mut times = Times::default();
        for _ in 0..rounds {
            runtime.block_on(times.round(&actions))?;
        }
        let schema = median(&times.schema);
        table.row([
            count.to_string(),
            format!("{schema:.1}"),
            format!("{:.1}", median(&times.text)),
            format!("{:.1}", median(&times.start_new)),
            format!("{:.1}", median(&times.start_same)),
            format!("{:.2}", schema * 1_000.0 / count as f64),
        ]);
    }
    println!("{rounds} rounds, {per_collection} actions in a collection\n");
    print!("{table}");
    Ok(())
}

/// Milliseconds, one of each a round.
#[derive(Default)]
struct Times {
    schema: Vec<f64>,
    text: Vec<f64>,
    start_new: Vec<f64>,
    start_same: Vec<f64>,
}

impl Times {
    async fn round(&mut self, actions: &[&'static ActionDescriptor]) -> Outcome {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("schema.json");
        let builder = || -> ForestBuilder { Forest::builder().schema_path(&path).actions(actions.iter().copied()) };

        let prepared = builder();
        let started = Instant::now();
        let schema = prepared.schema()?;
        self.schema.push(milliseconds(started.elapsed()));

        let started = Instant::now();
        let text = schema.to_file_text();
        self.text.push(milliseconds(started.elapsed()));
        drop((schema, text));

        for times in [&mut self.start_new, &mut self.start_same] {
            let prepared = builder();
            let started = Instant::now();
            let forest = prepared.start().await?;
            times.push(milliseconds(started.elapsed()));
            if forest.actions().len() != actions.len() {
                return Err("an action is missing".into());
            }
        }
        Ok(())
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Actions as the attribute would declare them, in an order that is not the schema's. They live as long as the program,
/// like the attribute's.
fn actions(count: usize, per_collection: usize) -> Vec<&'static ActionDescriptor> {
    let text = |text: String| -> &'static str { text.leak() };
    // a step that has no divisor in common with the count visits every number once
    let step = (0..)
        .map(|offset| count / 2 + 1 + offset)
        .find(|&step| coprime(step, count));
    (0..count)
        .map(|index| index * step.unwrap_or(1) % count)
        .map(|number| -> &'static ActionDescriptor {
            let collection = text(format!("collection_{:05}", number / per_collection));
            let action = ActionDescriptor::new(
                collection,
                text(format!("Approve request number {number}")),
                text(format!("/forest/actions/approve-request-number-{number}")),
                Origin::new(
                    "actions",
                    "actions::requests",
                    "src/requests.rs",
                    u32::try_from(number).unwrap_or(u32::MAX),
                ),
                |_| Box::pin(async { Err(ActionError::bad_request("this action is only counted")) }),
            );
            Box::leak(Box::new(
                action
                    .kind(ActionKind::Single)
                    .description("Approves the request and tells its author."),
            ))
        })
        .collect()
}

fn coprime(a: usize, b: usize) -> bool {
    if b == 0 { a == 1 } else { coprime(b, a % b) }
}
