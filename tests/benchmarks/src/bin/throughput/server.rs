//! One side behind a real server, in a process of its own, and the handle by which the benchmark holds it.
//!
//! A process each, because a processor can be given to a process, and its processor time read, without the client's.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use actix_web::{App, HttpServer};
use forest_actions_benchmarks::{Outcome, pin};

use crate::database::Database;
use crate::sides::{Side, Sides};

/// The processor of the servers; they never work at the same time.
const PROCESSOR: usize = 0;

/// Serves one side, over the database at this URL if there is one, until the benchmark ends. Says its port in one line.
#[allow(clippy::print_stdout, reason = "the port is told to the parent process")]
pub(crate) fn serve(side: Side, url: Option<&str>) -> Outcome {
    let _ = pin(PROCESSOR);
    // the pipe closes however the benchmark ends, so no server is left behind
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    actix_web::rt::System::new().block_on(async move {
        let mut sides = Sides::start().await?;
        if let Some(url) = url {
            sides = sides.over(Database::open(url).await?).await?;
        }
        if side == Side::Connected {
            sides = sides.connect().await?;
        }
        let server = HttpServer::new(move || {
            let sides = sides.clone();
            App::new().configure(move |config| sides.mount(side, config))
        })
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))?;
        for address in server.addrs() {
            println!("{}", address.port());
        }
        server.run().await?;
        Ok(())
    })
}

/// A running server; dropping it stops it.
pub(crate) struct Server {
    pub(crate) port: u16,
    process: Child,
}

impl Server {
    /// Starts the server of one side from this very program.
    pub(crate) fn start(side: Side, url: Option<&str>, waits: bool) -> Outcome<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["--serve", side.name()])
            .args(url.into_iter().flat_map(|url| ["--url", url]))
            .args(waits.then_some("--waits"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        match line.trim().parse() {
            Ok(port) => Ok(Self { port, process }),
            Err(_) => {
                let _ = process.kill();
                Err(format!("the server of `{}` did not start", side.name()).into())
            }
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // both only fail when the process has ended already
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
