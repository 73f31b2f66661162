//! Sends generated requests to two agents over loopback, and reports those that no client may cause: a 5xx that is not
//! declared, a missing answer, a panic, and an answer that takes long each time.

#![allow(clippy::print_stdout, reason = "its output is the result")]

mod agent;
mod client;
mod generate;
mod mutate;
mod random;
mod request;
mod words;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use forest_actions_benchmarks::{Args, Outcome};

use self::agent::Agents;
use self::client::{Answer, Client};
use self::random::Random;

/// A request whose answer takes longer is sent again at the end.
const SLOW: Duration = Duration::from_millis(100);

/// Maximum number of slow requests that are sent again, and how often each.
const MAX_SLOW: usize = 300;
const ATTEMPTS: usize = 5;

/// A refusal waits for fresher facts, which are fetched once a second after ten times in a burst.
const BETWEEN_FETCHES: Duration = Duration::from_millis(1_100);

/// The messages of panics, which the agent answers with 500.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The shared state of the clients.
struct Run {
    agents: Agents,
    seed: u64,
    end: u64,
    next: AtomicU64,
    finds: AtomicUsize,
    statuses: Mutex<BTreeMap<u16, u64>>,
    slow: Mutex<Vec<u64>>,
}

fn main() -> Outcome {
    let args = Args::read(&["requests", "seed", "only", "clients", "database"], &["print"])?;
    let requests = args.number("requests", 1_000_000, 1..=1_000_000_000)?;
    let seed = args.number("seed", 1, 0..=u64::MAX)?;
    let clients = args.number("clients", 2, 1..=64)?;
    let only = args.text("only").map(str::parse::<u64>).transpose()?;
    std::panic::set_hook(Box::new(|panic| {
        if let Ok(mut panics) = PANICS.lock() {
            panics.push(panic.to_string());
        }
    }));
    let run = Run {
        agents: agent::start(args.text("database").map(str::to_owned))?,
        seed,
        end: only.map_or(requests, |only| only + 1),
        next: AtomicU64::new(only.unwrap_or(0)),
        finds: AtomicUsize::new(0),
        statuses: Mutex::default(),
        slow: Mutex::default(),
    };
    println!(
        "seed {seed}, local agent on port {}, connected agent on port {}",
        run.agents.local_port, run.agents.connected_port
    );
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| run.send_all(args.has("print")));
        }
    });
    run.check_slow();
    let sent = run.end - only.unwrap_or(0);
    println!(
        "{sent} requests in {:.0?}, {} finds",
        begin.elapsed(),
        run.finds.load(Ordering::Relaxed)
    );
    for (status, count) in run.statuses.lock().map_err(|error| error.to_string())?.iter() {
        println!("{status}: {count}");
    }
    match run.finds.load(Ordering::Relaxed) {
        0 => Ok(()),
        finds => Err(format!("{finds} finds").into()),
    }
}

impl Run {
    fn send_all(&self, prints: bool) {
        let mut local = Client::new(self.agents.local_port);
        let mut connected = Client::new(self.agents.connected_port);
        let mut statuses = BTreeMap::new();
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.end {
                break;
            }
            let request = generate::generate(&mut Random::of(self.seed, number), &self.agents);
            let (client, port) = match request.is_connected {
                true => (&mut connected, self.agents.connected_port),
                false => (&mut local, self.agents.local_port),
            };
            let bytes = request.bytes();
            let answer = client.send(&bytes);
            if let Ok(answer) = &answer {
                *statuses.entry(answer.status).or_insert(0) += 1;
                if answer.duration > SLOW
                    && let Ok(mut slow) = self.slow.lock()
                {
                    slow.push(number);
                }
            }
            if prints {
                println!("{}\n{answer:?}", request.curl(port));
            }
            for problem in problems(&answer) {
                self.report(number, &problem, &request.curl(port));
            }
        }
        if let Ok(mut all) = self.statuses.lock() {
            for (status, count) in statuses {
                *all.entry(status).or_insert(0) += count;
            }
        }
    }
}

impl Run {
    fn report(&self, number: u64, problem: &str, curl: &str) {
        self.finds.fetch_add(1, Ordering::Relaxed);
        println!("\n--seed {} --only {number}: {problem}\n{curl}", self.seed);
    }

    /// Sends the slow requests again, alone, each next to a health check: a pause of the machine is not a find.
    fn check_slow(&self) {
        let slow = self.slow.lock().map(|slow| slow.clone()).unwrap_or_default();
        for number in slow.into_iter().take(MAX_SLOW) {
            let request = generate::generate(&mut Random::of(self.seed, number), &self.agents);
            let port = match request.is_connected {
                true => self.agents.connected_port,
                false => self.agents.local_port,
            };
            let mut client = Client::new(port);
            let mut fastest = |bytes: &[u8]| {
                let durations = (0..ATTEMPTS).filter_map(|_| client.send(bytes).ok().map(|answer| answer.duration));
                durations.min().unwrap_or_default()
            };
            let health = fastest(b"GET /forest/healthcheck HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
            if request.is_connected {
                std::thread::sleep(BETWEEN_FETCHES);
            }
            let duration = fastest(&request.bytes());
            if duration > SLOW + 10 * health {
                let problem = format!("{duration:?} at least, a health check {health:?}");
                self.report(number, &problem, &request.curl(port));
            }
        }
    }
}

fn problems(answer: &Result<Answer, String>) -> Vec<String> {
    let mut problems = Vec::new();
    match answer {
        Err(reason) => problems.push(reason.clone()),
        Ok(answer) => {
            let is_declared = answer.status == 503 && answer.has_retry_after;
            if answer.status >= 500 && !is_declared {
                problems.push(format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)));
            }
        }
    }
    if let Ok(mut panics) = PANICS.lock() {
        problems.extend(panics.drain(..));
    }
    problems
}
