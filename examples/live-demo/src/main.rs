//! The live demo of forest-actions: a small company's back office, with a Smart Action of every kind.
//!
//! `cargo run -p live-demo` needs no configuration; `--help` lists what there is. Start reading at
//! `actions/companies.rs`: an action is one annotated function, and nothing else in this program mentions it.

mod actions;
mod cli;
mod collections;
mod csv;
mod database;
mod fake_forest;
mod html;
mod impersonations;
mod invoice;
mod money;
mod pdf_text;
mod places;
mod serve;
mod settings;
mod stopping;
#[cfg(test)]
mod story;
mod welcome;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use cli::Command;
use tracing_subscriber::EnvFilter;

/// Quiet enough that the first screen stays readable; one line for each call of an action.
const DEFAULT_LOG: &str = "warn,live_demo=info,forest_actions::http=info";

#[actix_web::main]
async fn main() -> ExitCode {
    let command = match cli::parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(problem) => {
            complain(&format!("{problem}\n\n{}", cli::USAGE));
            return ExitCode::from(2);
        }
    };
    let wished = std::env::var("RUST_LOG").ok().filter(|wished| !wished.is_empty());
    // sqlx logs what it does not know in a URL, and with a typo that may be a password
    let filter = EnvFilter::new(wished.as_deref().unwrap_or(DEFAULT_LOG));
    let filter = match "sqlx_postgres::options::parse=off".parse() {
        Ok(silence) => filter.add_directive(silence),
        Err(_) => filter,
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let done = match command {
        Command::Help => serve::print(cli::USAGE),
        Command::Schema => serve::print_schema().await,
        Command::Token { user } => serve::print_token(user),
        Command::Seed { rows } => serve::seed(rows).await,
        Command::Serve { with_fake_forest } => serve::run(with_fake_forest).await,
        Command::Doctor { question } => match serve::doctor(question).await {
            Ok(true) => Ok(()),
            // what is wrong has been said
            Ok(false) => return ExitCode::FAILURE,
            Err(error) => Err(error),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&told(&error));
            ExitCode::FAILURE
        }
    }
}

/// The error and its causes, without those that an outer one has quoted already.
fn told(error: &anyhow::Error) -> String {
    error
        .chain()
        .fold(String::new(), |told, cause| match cause.to_string() {
            cause if told.contains(&cause) => told,
            cause if told.is_empty() => cause,
            cause => format!("{told}: {cause}"),
        })
}

/// To the person at the terminal, whatever the log's level.
fn complain(text: &str) {
    // when even that fails there is nobody left to tell
    let _ = writeln!(std::io::stderr().lock(), "live-demo: {text}");
}
