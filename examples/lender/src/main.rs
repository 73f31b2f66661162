//! A lender's back office: fourteen actions in two crates. Read `loans.rs` first.
//!
//! `cargo run -p lender` serves SQLite at <http://127.0.0.1:3310>; `DATABASE_URL=postgres://…` takes PostgreSQL.
//! `cargo run -p lender -- schema` writes the schema file, `-- doctor` checks the set-up. `ADDRESS` is where it listens.

mod customers;
mod database;
mod interest;
mod loans;
mod payments;
#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::time::Duration;

use actix_web::{App, HttpServer, web};
use forest_actions::{Forest, ForestBuilder};
use lender_reminders::Outbox;

use crate::customers::Bureau;
use crate::database::Database;
use crate::interest::Run;

forest_actions::link!(lender_reminders);

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let url = std::env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite://target/lender.sqlite?mode=rwc".to_owned());
    let database = Database::open(&url).await?;
    let agent = agent(Forest::from_env()?, &database);
    match std::env::args().nth(1).as_deref() {
        Some("schema") => agent.write_schema().map(drop)?,
        Some("doctor") => write!(std::io::stdout(), "{}", agent.dry_run().await?.doctor().await)?,
        _ => serve(agent.start().await?, database).await?,
    }
    Ok(())
}

/// The agent with its records, for the program and for the tests.
fn agent(builder: ForestBuilder, database: &Database) -> ForestBuilder {
    builder.records(database.records.clone())
}

async fn serve(forest: Forest, database: Database) -> anyhow::Result<()> {
    let (routes, page) = (forest.clone(), forest.playground().title("Lender"));
    let state = state(database);
    let server = HttpServer::new(move || {
        App::new()
            .configure(state.clone())
            .configure(routes.routes())
            .configure(page.clone().routes())
    });
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3310".to_owned());
    let server = server.disable_signals().bind(address)?;
    tracing::info!(addresses = ?server.addrs(), "the lender's back office listens");
    let server = server.run();
    Ok(forest.run(server, Duration::from_secs(30)).await?)
}

/// Registers what the handlers share.
fn state(database: Database) -> impl Fn(&mut web::ServiceConfig) + Clone {
    let (db, bureau) = (web::Data::new(database.pool), web::Data::new(Bureau));
    let (run, outbox) = (web::Data::new(Run::default()), web::Data::new(Outbox::default()));
    move |config| {
        config
            .app_data(db.clone())
            .app_data(bureau.clone())
            .app_data(run.clone())
            .app_data(outbox.clone());
    }
}
