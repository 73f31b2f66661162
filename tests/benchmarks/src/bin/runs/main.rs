//! What an action in the background costs next to a loop by hand, on PostgreSQL; and what its submission costs on SQLite.
//!
//! By hand: the keys streamed over one connection, and the same update for each chunk over another. Each worker is a process of
//! its own, with one run over its part of the rows. See `README.md` of this package.

mod program;
mod submission;
mod workers;

use forest_actions_benchmarks::{Args, Outcome, Spread, Table};

const HELP: &str = "runs: a run in the background next to a loop by hand

  --rows N          rows, 1000 to 10000000 (1000000)
  --chunk N         rows of a chunk, 1 to 10000 (200)
  --workers N,N,…   numbers of worker processes, each up to 16 (1,2,4)
  --rounds N        rounds, 1 to 50 (5)
  --lease           also the time from the end of a worker to the next one, which takes half a minute
  --markdown        a table for a document

PostgreSQL is the server of FOREST_TEST_POSTGRES_URL, or a temporary one.";

#[allow(clippy::print_stdout, reason = "its output is the result")]
fn main() -> Outcome {
    let args = Args::read(
        &["rows", "chunk", "workers", "rounds", "work-on"],
        &["lease", "markdown", "help"],
    )?;
    if args.has("help") {
        println!("{HELP}");
        return Ok(());
    }
    let runtime = actix_web::rt::System::new();
    if let Some(url) = args.text("work-on") {
        return runtime.block_on(workers::work(url));
    }
    let rows = args.number("rows", 1_000_000, 1_000..=10_000_000)?;
    let chunk = args.number("chunk", 200, 1..=10_000)?;
    let rounds = args.number("rounds", 5, 1..=50)?;
    let counts = args.counts("workers", &[1, 2, 4], 16)?;
    runtime.block_on(async {
        let database = forest_test_postgres::database()
            .await
            .ok_or("there is no PostgreSQL server")?;
        let program = program::Program::create(&database, rows, chunk).await?;
        let headings = [
            "worker processes",
            "by hand, records/s",
            "runs, records/s",
            "ratio",
            "growth of a worker, MiB",
        ];
        let mut table = Table::new(&headings, args.has("markdown"));
        for count in counts {
            let (mut hand, mut ours, mut ratios, mut growth) = (Vec::new(), Vec::new(), Vec::new(), 0.0_f64);
            for _ in 0..rounds {
                let by_hand = program.by_hand().await?;
                let measured = program.runs(count).await?;
                ratios.push(measured.per_second / by_hand);
                hand.push(by_hand);
                ours.push(measured.per_second);
                growth = growth.max(measured.growth);
            }
            table.row([
                count.to_string(),
                format!("{:.0}", Spread::of(&hand).median),
                format!("{:.0}", Spread::of(&ours).median),
                Spread::of(&ratios).to_string(),
                format!("{growth:.1}"),
            ]);
        }
        print!("{table}");
        println!(
            "\nfrom a cancellation to the end of the run: {} ms",
            program.cancel().await?
        );
        if args.has("lease") {
            println!(
                "from the end of a worker to the next attempt: {} ms",
                program.take_over().await?
            );
        }
        let (foreground, background) = submission::measure(200).await?;
        println!("SQLite, an action in the request: {foreground} µs; its submission as a run: {background} µs");
        Ok(())
    })
}
