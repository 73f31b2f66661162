//! What an action costs in build time and in the size of its library, next to a handler under `#[actix_web::post]`.
//!
//! See `README.md` of this package for what is compared and how to read it.

mod generate;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use forest_actions_benchmarks::{Args, Outcome, Spread, Table, median};

use crate::generate::{Generated, Side, workspace};

const HELP: &str = "expansion: build time and library size of an action

  --actions N,N,…   actions in a crate, each up to 5000 (10,100,1000)
  --rounds N        builds of each crate, 1 to 20 (3)
  --release         the release profile, not the debug one
  --markdown        a table for a document";

#[allow(clippy::print_stdout, reason = "its output is the result")]
fn main() -> Outcome {
    let args = Args::read(&["actions", "rounds"], &["release", "markdown", "help"])?;
    if args.has("help") {
        println!("{HELP}");
        return Ok(());
    }
    let counts = args.counts("actions", &[10, 100, 1_000], 5_000)?;
    let rounds = args.number("rounds", 3, 1..=20)?;
    let release = args.has("release");
    let builder = Builder::new(release)?;
    let crates = workspace(&builder.directory, &builder.repository, &counts)?;
    // dependencies first: only the crates themselves are measured
    for generated in crates.iter().filter(|generated| generated.count == 0) {
        builder.build(generated)?;
    }
    let mut times: BTreeMap<(usize, usize), Vec<f64>> = BTreeMap::new();
    let mut sizes: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for _ in 0..rounds {
        for generated in &crates {
            let key = (generated.count, column(generated.side));
            times.entry(key).or_default().push(builder.build(generated)?);
            sizes.insert(key, builder.size(generated)?);
        }
    }
    let profile = if release { "release" } else { "debug" };
    println!("{rounds} builds of each crate, {profile} profile, one crate at a time\n");
    print!("{}", table(&times, &sizes, args.has("markdown")));
    Ok(())
}

/// The place of a side in the results.
fn column(side: Side) -> usize {
    match side {
        Side::Post => 0,
        Side::Forest => 1,
    }
}

/// Of every count what one action adds to the crate without any.
fn table(times: &BTreeMap<(usize, usize), Vec<f64>>, sizes: &BTreeMap<(usize, usize), f64>, markdown: bool) -> Table {
    let headings = [
        "actions",
        "post ms",
        "action ms",
        "time ratio (lowest to highest)",
        "post KB",
        "action KB",
        "size ratio",
    ];
    let mut table = Table::new(&headings, markdown);
    let rounds_of = |count, side| times.get(&(count, side)).cloned().unwrap_or_default();
    let size_of = |count, side| sizes.get(&(count, side)).copied().unwrap_or_default();
    let counts: Vec<usize> = times
        .keys()
        .filter(|key| key.1 == 0 && key.0 > 0)
        .map(|key| key.0)
        .collect();
    for count in counts {
        let [post, forest] = [0, 1].map(|side| {
            let nothing = median(&rounds_of(0, side));
            let added = |time: &f64| (time - nothing) / count as f64;
            rounds_of(count, side).iter().map(added).collect::<Vec<f64>>()
        });
        let ratios: Vec<f64> = forest.iter().zip(&post).map(|(forest, post)| forest / post).collect();
        let [post_size, forest_size] = [0, 1].map(|side| (size_of(count, side) - size_of(0, side)) / count as f64);
        table.row([
            count.to_string(),
            format!("{:.1}", median(&post)),
            format!("{:.1}", median(&forest)),
            Spread::of(&ratios).to_string(),
            format!("{post_size:.1}"),
            format!("{forest_size:.1}"),
            format!("{:.3}", forest_size / post_size),
        ]);
    }
    table
}

/// Runs cargo in the generated workspace.
struct Builder {
    directory: PathBuf,
    repository: PathBuf,
    release: bool,
}

impl Builder {
    fn new(release: bool) -> Outcome<Self> {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .ok_or("this package is not in its repository")?
            .to_owned();
        // the program is <target>/<profile>/expansion
        let directory = std::env::current_exe()?
            .ancestors()
            .nth(2)
            .ok_or("this program is not in a target directory")?
            .join("expansion");
        fs::create_dir_all(&directory)?;
        Ok(Self {
            directory,
            repository,
            release,
        })
    }

    /// Builds one crate anew; gives the milliseconds.
    fn build(&self, generated: &Generated) -> Outcome<f64> {
        // a new time of change is what makes cargo build again
        let text = fs::read(&generated.main_file)?;
        fs::write(&generated.main_file, text)?;
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .current_dir(&self.directory)
            .args(["build", "--offline", "--quiet", "--package", &generated.package])
            .args(self.release.then_some("--release"))
            .env("CARGO_TARGET_DIR", self.directory.join("target"))
            // every build is a whole one
            .env("CARGO_INCREMENTAL", "0");
        let started = Instant::now();
        let status = cargo.status()?;
        let time = started.elapsed().as_secs_f64() * 1_000.0;
        if status.success() {
            Ok(time)
        } else {
            Err(format!("{} does not build", generated.package).into())
        }
    }

    /// The size of the crate's library in KB.
    fn size(&self, generated: &Generated) -> Outcome<f64> {
        let profile = if self.release { "release" } else { "debug" };
        let file = format!("lib{}.rlib", generated.package.replace('-', "_"));
        let path = self.directory.join("target").join(profile).join(file);
        Ok(fs::metadata(path)?.len() as f64 / 1_000.0)
    }
}
