//! What an action costs in build time and in the size of its library, next to a handler under `#[actix_web::post]`.
//!
//! See `README.md` of this package for what is compared and how to read it.

mod generate;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use forest_actions_benchmarks::{Args, Outcome, Spread, Table, cpu_time_of_children, median};

use crate::generate::{Generated, Side, workspace};

const HELP: &str = "expansion: build time and library size of an action

  --actions N,N,…   actions in a crate, each up to 5000 (10,100,1000)
  --rounds N        builds of each crate, 1 to 20 (3)
  --forms           fields of forms, next to serde's derive, instead of actions
  --release         the release profile, not the debug one
  --markdown        a table for a document";

#[allow(clippy::print_stdout, reason = "its output is the result")]
fn main() -> Outcome {
    let args = Args::read(&["actions", "rounds"], &["forms", "release", "markdown", "help"])?;
    if args.has("help") {
        println!("{HELP}");
        return Ok(());
    }
    let counts = args.counts("actions", &[10, 100, 1_000], 5_000)?;
    let rounds = args.number("rounds", 3, 1..=20)?;
    let release = args.has("release");
    let builder = Builder::new(release)?;
    let sides = if args.has("forms") { Side::FORMS } else { Side::HANDLERS };
    let crates = workspace(&builder.directory, &builder.repository, &counts, sides)?;
    // dependencies first: only the crates themselves are measured
    for generated in crates.iter().filter(|generated| generated.count == 0) {
        builder.build(generated)?;
    }
    let mut results = Results {
        sides,
        costs: BTreeMap::new(),
        sizes: BTreeMap::new(),
    };
    for _ in 0..rounds {
        for generated in &crates {
            results.add(generated, builder.build(generated)?, builder.size(generated)?);
        }
    }
    let profile = if release { "release" } else { "debug" };
    println!("{rounds} builds of each crate, {profile} profile, one crate at a time\n");
    print!("{}", results.table(args.has("markdown")));
    Ok(())
}

/// What one build took.
#[derive(Debug, Clone, Copy)]
struct Cost {
    milliseconds: f64,
    /// Of all processors, where it can be told.
    processor: f64,
}

/// A count of actions and the place of a side in the table.
type Key = (usize, usize);

/// All builds, by crate.
struct Results {
    sides: [Side; 2],
    costs: BTreeMap<Key, Vec<Cost>>,
    sizes: BTreeMap<Key, f64>,
}

/// The place of what is compared with, and of what is measured.
const POST: usize = 0;
const FOREST: usize = 1;

impl Results {
    fn add(&mut self, generated: &Generated, cost: Cost, size: f64) {
        let side = if generated.side == self.sides[POST] {
            POST
        } else {
            FOREST
        };
        let key = (generated.count, side);
        self.costs.entry(key).or_default().push(cost);
        self.sizes.insert(key, size);
    }

    /// Of every count what one action adds to the crate without any, and to the next smaller one.
    fn table(&self, markdown: bool) -> Table {
        let [before, measured] = self.sides.map(Side::word);
        let headings = [
            "each of".to_owned(),
            format!("{before} ms"),
            format!("{measured} ms"),
            "time ratio (lowest to highest)".to_owned(),
            "processor time ratio".to_owned(),
            format!("{before} KB"),
            format!("{measured} KB"),
            "size ratio".to_owned(),
        ];
        let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
        let mut table = Table::new(&headings, markdown);
        let counts: Vec<usize> = self.costs.keys().filter(|key| key.1 == POST).map(|key| key.0).collect();
        for &count in counts.iter().filter(|count| **count > 0) {
            table.row(self.row(count.to_string(), 0, count));
        }
        if let [.., few, many] = *counts
            && few > 0
        {
            table.row(self.row("each further".to_owned(), few, many));
        }
        table
    }

    fn row(&self, name: String, few: usize, many: usize) -> Vec<String> {
        let time = |cost: &Cost| cost.milliseconds;
        let post = self.added(few, many, POST, time);
        let forest = self.added(few, many, FOREST, time);
        let ratios: Vec<f64> = forest.iter().zip(&post).map(|(forest, post)| forest / post).collect();
        let [post_processor, forest_processor] =
            [POST, FOREST].map(|side| median(&self.added(few, many, side, |cost| cost.processor)));
        let size = |count, side| self.sizes.get(&(count, side)).copied().unwrap_or_default();
        let [post_size, forest_size] =
            [POST, FOREST].map(|side| (size(many, side) - size(few, side)) / (many - few) as f64);
        vec![
            name,
            format!("{:.1}", median(&post)),
            format!("{:.1}", median(&forest)),
            Spread::of(&ratios).to_string(),
            format!("{:.3}", forest_processor / post_processor),
            format!("{post_size:.1}"),
            format!("{forest_size:.1}"),
            format!("{:.3}", forest_size / post_size),
        ]
    }

    /// What each action adds, in every round.
    fn added(&self, few: usize, many: usize, side: usize, value: fn(&Cost) -> f64) -> Vec<f64> {
        let values = |count| -> Vec<f64> {
            self.costs
                .get(&(count, side))
                .into_iter()
                .flatten()
                .map(value)
                .collect()
        };
        let before = median(&values(few));
        values(many)
            .iter()
            .map(|value| (value - before) / (many - few) as f64)
            .collect()
    }
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

    /// Builds one crate anew.
    fn build(&self, generated: &Generated) -> Outcome<Cost> {
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
        let before = cpu_time_of_children();
        let started = Instant::now();
        let status = cargo.status()?;
        let time = started.elapsed();
        let processor = before
            .zip(cpu_time_of_children())
            .map(|(before, after)| after.saturating_sub(before));
        let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
        if status.success() {
            Ok(Cost {
                milliseconds: milliseconds(time),
                processor: processor.map_or(f64::NAN, milliseconds),
            })
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
