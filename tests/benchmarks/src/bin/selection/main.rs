//! What "select all" costs next to a plain `SELECT id`, in time and in memory.
//!
//! A table of companies of which half match a filter, ten exclusions, and both ways of getting at the rest: the keys of a
//! [`Selection`](forest_actions::Selection), and the rows of a streamed statement by hand. See `README.md` of this package.

mod database;
mod memory;
mod sides;

use database::Database;
use forest_actions_benchmarks::{Args, Engine, Outcome, Spread, Table};

const HELP: &str = "selection: \"select all\" next to a plain SELECT

  --rows N,N,…      numbers of rows, each up to 10000000 (1000,10000,100000,1000000)
  --engines NAMES   sqlite, postgres or both, comma separated (sqlite,postgres)
  --rounds N        rounds, 1 to 50 (7)
  --markdown        a table for a document

PostgreSQL is the server of FOREST_TEST_POSTGRES_URL; a table `forest_actions_benchmark` is made there and dropped.";

#[allow(clippy::print_stdout, reason = "its output is the result")]
fn main() -> Outcome {
    let args = Args::read(&["rows", "engines", "rounds", "peak-of", "side"], &["markdown", "help"])?;
    if args.has("help") {
        println!("{HELP}");
        return Ok(());
    }
    let runtime = actix_web::rt::System::new();
    if let Some(url) = args.text("peak-of") {
        // a process of its own, so that its peak is that of one selection
        let is_plain = args.text("side") == Some("plain");
        let peak = runtime.block_on(memory::peak(url, is_plain))?;
        println!("{peak}");
        return Ok(());
    }
    let counts = args.counts("rows", &[1_000, 10_000, 100_000, 1_000_000], 10_000_000)?;
    let rounds = args.number("rounds", 7, 1..=50)?;
    let engines = args.text("engines").unwrap_or("sqlite,postgres");
    let headings = [
        "engine",
        "rows",
        "selected",
        "plain ms",
        "selection ms",
        "ratio",
        "plain peak MiB",
        "selection peak MiB",
    ];
    let mut table = Table::new(&headings, args.has("markdown"));
    for engine in engines.split(',') {
        let engine = Engine::named(engine)?;
        for &rows in &counts {
            runtime.block_on(measure(engine, rows, rounds, &mut table))?;
        }
    }
    println!("{rounds} rounds; half of the rows match, ten are excluded\n");
    print!("{table}");
    Ok(())
}

async fn measure(engine: Engine, rows: usize, rounds: u64, table: &mut Table) -> Outcome {
    let database = Database::create(engine, rows).await?;
    let (mut plain, mut selection, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut selected = 0;
    for round in 0..=rounds {
        let (by_hand, hand_time) = sides::plain(&database).await?;
        let (by_selection, selection_time) = sides::selection(&database).await?;
        if by_hand != by_selection {
            return Err(format!("the sides differ: {by_hand:?} and {by_selection:?}").into());
        }
        selected = by_selection.count;
        // the first one fills caches
        if round > 0 {
            plain.push(hand_time);
            selection.push(selection_time);
            ratios.push(selection_time / hand_time);
        }
    }
    let peak = |side: &str| memory::peak_of_a_process(database.url(), side);
    let (plain_peak, selection_peak) = (peak("plain")?, peak("selection")?);
    table.row([
        engine.to_string(),
        rows.to_string(),
        selected.to_string(),
        format!("{:.1}", Spread::of(&plain).median),
        format!("{:.1}", Spread::of(&selection).median),
        Spread::of(&ratios).to_string(),
        plain_peak,
        selection_peak,
    ]);
    database.remove().await
}
