//! Worker processes, which are this very program.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use actix_web::{App, web};
use forest_actions::runs::Runs;
use forest_actions_benchmarks::{Outcome, memory};
use sqlx::PgPool;

use crate::program::builder;

/// Carries out runs until its input is closed, and then says by how many MiB its memory has grown since it was ready.
#[allow(clippy::print_stdout, reason = "its output is the result")]
pub(crate) async fn work(url: &str) -> Outcome {
    let pool = PgPool::connect(url).await?;
    let forest = builder(&pool, Runs::postgres(pool.clone())).await?.start().await?;
    let app = App::new().app_data(web::Data::new(pool)).configure(forest.routes());
    let before = memory("VmRSS").unwrap_or(f64::NAN);
    println!("ready");
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        println!("{}", memory("VmHWM").unwrap_or(f64::NAN) - before);
        std::process::exit(0);
    });
    forest.carry_out(app).await;
    Ok(())
}

/// Running workers; dropping them kills them.
pub(crate) struct Workers(Vec<(Child, Option<ChildStdin>, BufReader<ChildStdout>)>);

impl Workers {
    pub(crate) fn start(url: &str, count: usize) -> Outcome<Self> {
        let mut workers = Self(Vec::new());
        for _ in 0..count {
            let mut child = Command::new(std::env::current_exe()?)
                .args(["--work-on", url])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()?;
            let input = child.stdin.take();
            let output = child.stdout.take().ok_or("a worker has no output")?;
            workers.0.push((child, input, BufReader::new(output)));
        }
        for (_, _, output) in &mut workers.0 {
            output.read_line(&mut String::new())?;
        }
        Ok(workers)
    }

    /// Ends the workers. Gives the MiB by which the memory of one of them has grown most.
    pub(crate) fn growth(mut self) -> Outcome<f64> {
        let mut most = 0.0_f64;
        for (_, input, output) in &mut self.0 {
            drop(input.take());
            let mut line = String::new();
            output.read_line(&mut line)?;
            most = most.max(line.trim().parse()?);
        }
        Ok(most)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for (child, ..) in &mut self.0 {
            // both only fail when the process has ended already
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
