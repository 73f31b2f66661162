//! Workers in processes of their own, which are killed or stopped: this binary runs itself.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use actix_web::web;
use forest_actions::Forest;
use serde_json::json;

use super::handover::{end, submit_to};
use super::program::{Bench, Pools, eventually};

/// Set in the child to the place of its database.
const DATABASE: &str = "FOREST_TEST_WORKER";
const SECRET: &str = "a secret that all instances have";
const LEASE: Duration = Duration::from_millis(500);
const ACCOUNTS: i64 = 10_000;
const CHUNK: i64 = 50;

async fn forest(pools: &Pools) -> Forest {
    let runs = pools.runs().lease(LEASE);
    let builder = pools.builder(runs.retry_after(Duration::ZERO)).await;
    builder.auth_secret(SECRET).start().await.unwrap()
}

/// The program of the child; does nothing in the tests' own process.
#[test]
fn worker() {
    let Ok(place) = std::env::var(DATABASE) else { return };
    actix_web::rt::System::new().block_on(async {
        let pools = Pools::opened(&place).await;
        let app = pools.app(&forest(&pools).await, &web::Data::default());
        forest(&pools).await.carry_out(app).await;
    });
}

/// The processes that share a run.
struct Workers<'p> {
    pools: &'p Pools,
    forest: Forest,
    run: String,
    children: Vec<Child>,
}

impl Drop for Workers<'_> {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ended = child.kill();
            let _ended = child.wait();
        }
    }
}

impl<'p> Workers<'p> {
    async fn start(pools: &'p Pools, exactly: bool) -> Self {
        let forest = forest(pools).await;
        let values = json!({"exactly": exactly, "chunk": CHUNK});
        let run = submit_to(&forest, pools, &web::Data::new(Bench::default()), "touch", values).await;
        let mut workers = Self {
            pools,
            forest,
            run,
            children: Vec::new(),
        };
        (0..3).for_each(|_| workers.add());
        workers
    }

    fn add(&mut self) {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "runs::processes::worker", "--nocapture"])
            .env(DATABASE, self.pools.place())
            .stdout(Stdio::null())
            .spawn();
        self.children.push(child.unwrap());
    }

    async fn processed(&self) -> u64 {
        self.forest.find_run(&self.run).await.unwrap().unwrap().processed
    }

    /// Waits until a few more chunks are done; `false` once the run has ended.
    async fn go_on(&self) -> bool {
        let before = self.processed().await;
        let look = async || {
            let run = self.forest.find_run(&self.run).await.unwrap().unwrap();
            (run.processed, run.status.is_final())
        };
        let (_, has_ended) = eventually(look, |(processed, has_ended)| {
            *has_ended || *processed >= before + 3 * CHUNK.unsigned_abs()
        })
        .await;
        !has_ended
    }

    /// The id of the process that has the run.
    async fn owner(&self) -> Option<u32> {
        let table = match self.pools {
            Pools::Sqlite(..) => "forest_runs",
            Pools::Postgres(..) => "forest.runs",
        };
        let sql = format!("SELECT COALESCE(lease_owner, '') FROM {table}");
        let owner = self.pools.texts(&sql).await;
        owner[0].split('-').next()?.parse().ok()
    }

    /// The process that has the run.
    async fn at_work(&mut self) -> Option<&mut Child> {
        let owner = self.owner().await?;
        self.children.iter_mut().find(|child| child.id() == owner)
    }

    /// Returns whether another process soon goes on with the run.
    async fn is_taken_over(&self, still: u32) -> bool {
        let before = self.processed().await;
        for _ in 0..60 {
            tokio::time::sleep(LEASE / 10).await;
            if self.owner().await.is_some_and(|owner| owner != still) && self.processed().await > before {
                return true;
            }
        }
        false
    }

    /// Every account was touched, and chunks were repeated by new attempts alone.
    async fn check(self, exactly: bool) {
        let run = end(&self.forest, &self.run).await;
        let all = ACCOUNTS.unsigned_abs();
        assert_eq!(
            (run.status.as_str(), run.processed, run.succeeded),
            ("done", all, all),
            "{run:?}"
        );
        let touched = self.pools.numbers("SELECT touched FROM accounts").await;
        assert!(touched.iter().all(|touched| *touched >= 1));
        let repeated: i64 = touched.iter().map(|touched| touched - 1).sum();
        let allowed = match exactly {
            true => 0,
            false => i64::from(run.attempt - 1) * CHUNK,
        };
        assert!(repeated <= allowed, "{repeated} of {allowed}");
    }
}

#[actix_web::test]
async fn killed_processes_lose_no_record_and_repeat_a_chunk_at_most() {
    for (exactly, kills) in [(false, 20), (true, 5)] {
        for pools in Pools::each(ACCOUNTS).await {
            let mut workers = Workers::start(&pools, exactly).await;
            for _ in 0..kills {
                if !workers.go_on().await {
                    break;
                }
                if let Some(child) = workers.at_work().await {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    workers.add();
                }
            }
            workers.check(exactly).await;
        }
    }
}

#[actix_web::test]
async fn a_process_that_stood_still_past_its_lease_changes_nothing() {
    fn signal(process: u32, signal: &str) {
        let sent = Command::new("kill").args([signal, &process.to_string()]).status();
        assert!(sent.unwrap().success());
    }
    for exactly in [false, true] {
        for pools in Pools::each(ACCOUNTS).await {
            let mut workers = Workers::start(&pools, exactly).await;
            let still = loop {
                assert!(workers.go_on().await, "no other process could take the run over");
                let Some(child) = workers.at_work().await else { continue };
                let still = child.id();
                signal(still, "-STOP");
                if workers.is_taken_over(still).await {
                    break still;
                }
                // it stood still in a transaction, whose locks nobody else gets
                signal(still, "-CONT");
            };
            signal(still, "-CONT");
            workers.check(exactly).await;
        }
    }
}
