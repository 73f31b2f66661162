//! The live demo of forest-actions: a small company's back office, with a Smart Action of every kind.
//!
//! `cargo run -p live-demo` needs no configuration; `--help` lists the commands. Start reading at
//! `actions/companies.rs`: an action is one annotated function, without further registration.

mod actions;
mod audit;
mod charts;
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
mod runs;
mod serve;
mod settings;
mod stopping;
#[cfg(test)]
mod story;
mod welcome;
mod writing;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use cli::{Cli, Command};
use forest_actions::PlaygroundLog;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// One line for each call, and warnings.
const DEFAULT_LOG: &str = "warn,live_demo=info,forest_actions::http=info";

#[actix_web::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_standard_error();
    let done = match cli.command {
        None => serve::run(cli.with_fake_forest).await.map(|()| true),
        Some(Command::Schema) => serve::print_schema().await.map(|()| true),
        Some(Command::Token { user }) => serve::print_token(user).map(|()| true),
        Some(Command::Seed { rows }) => serve::seed(rows).await.map(|()| true),
        Some(Command::Doctor { question }) => serve::doctor(question).await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "live-demo: {}", causes(&error));
            ExitCode::FAILURE
        }
    }
}

fn log_to_standard_error() {
    let wanted = std::env::var("RUST_LOG").ok().filter(|wanted| !wanted.is_empty());
    // sqlx logs the parameters of a URL that it does not know, which may be part of a password
    let filter = EnvFilter::new(wanted.as_deref().unwrap_or(DEFAULT_LOG));
    let filter = match "sqlx_postgres::options::parse=off".parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => filter,
    };
    let log = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    tracing_subscriber::registry()
        .with(log.with_filter(filter))
        .with(PlaygroundLog::layer())
        .init();
}

/// The error and its causes, without those that an outer one has quoted already.
fn causes(error: &anyhow::Error) -> String {
    error
        .chain()
        .fold(String::new(), |text, cause| match cause.to_string() {
            cause if text.contains(&cause) => text,
            cause if text.is_empty() => cause,
            cause => format!("{text}: {cause}"),
        })
}
