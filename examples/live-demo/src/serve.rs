//! Runs the server: settings, port, database, agent, in the order in which a mistake is cheapest to report.

use std::io::{self, Write as _};
use std::net::TcpListener;
use std::time::Instant;

use actix_web::{App, HttpServer, web};
use anyhow::Context as _;
use forest_actions::Forest;

use crate::audit::recorded;
use crate::cli::Question;
use crate::database::{Database, without_rows};
use crate::impersonations::{self, Impersonations};
use crate::runs::kept;
use crate::settings::{Settings, with_records};
use crate::{collections, fake_forest, stopping, welcome};

/// Serves until the process is stopped, together with the fake Forest server if enabled.
///
/// # Errors
/// Everything that keeps the demo from starting, in words for the user.
pub(crate) async fn run(with_fake_forest: bool) -> anyhow::Result<()> {
    let settings = Settings::from_env()?;
    if settings.is_worker {
        return work(&settings).await;
    }
    // first of all, so that a second start by mistake touches neither database nor schema
    let listener = listen(&settings)?;
    let address = listener.local_addr()?;
    if !settings.is_local {
        // so that a secret which cannot be one leaves no database behind
        settings.agent()?.dry_run().await?;
    }
    let db = web::Data::new(Database::open(&settings.database_url).await?);
    let records = collections::records(db.engine()).await?;
    let agent = with_records(settings.agent()?, records, settings.database_type());
    let agent = recorded(agent, db.engine(), settings.recording).await?;
    let mut agent = kept(agent, db.engine()).await?;
    // held until the end: it stops when it is dropped
    let fake = match with_fake_forest {
        true => Some(fake_forest::start(&settings, address).await?),
        false => None,
    };
    if let Some(fake) = &fake {
        agent = fake_forest::connected(agent, fake, address);
    }
    let forest = agent.start().await?;

    let screen = welcome::screen(&settings, address, &forest, fake.as_ref(), &db).await?;
    let mut page = forest.playground().title("Live Demo");
    if let Some(fake) = &fake {
        page = page.fake_forest(fake.clone());
    }
    let (data, routes) = (db.clone(), forest.clone());
    let application = web::Data::new(Impersonations::default());
    let app = move || {
        App::new()
            .app_data(data.clone())
            .app_data(application.clone())
            .configure(routes.routes())
            .configure(page.clone().routes())
            .configure(impersonations::routes)
    };
    forest.workers(app.clone());
    let server = HttpServer::new(app).listen(listener)?.disable_signals().run();
    actix_web::rt::spawn(stopping::when_told(server.handle(), forest));
    // continue when standard output is closed
    let _ = io::stdout().lock().write_all(screen.as_bytes());
    server.await?;
    db.close().await;
    Ok(())
}

/// Carries out runs in the background until the process is stopped: `FOREST_ROLE=worker`.
async fn work(settings: &Settings) -> anyhow::Result<()> {
    let db = web::Data::new(Database::open(&settings.database_url).await?);
    let records = collections::records(db.engine()).await?;
    let agent = with_records(settings.agent()?, records, settings.database_type());
    let agent = recorded(agent, db.engine(), settings.recording).await?;
    let forest = kept(agent, db.engine()).await?.start().await?;
    let (data, routes) = (db.clone(), forest.clone());
    forest.workers(move || App::new().app_data(data.clone()).configure(routes.routes()));
    forest.run_workers(stopping::PATIENCE).await?;
    db.close().await;
    Ok(())
}

fn listen(settings: &Settings) -> anyhow::Result<TcpListener> {
    let addresses = settings.addresses()?;
    TcpListener::bind(addresses.as_slice()).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => anyhow::anyhow!(
            "port {port} is taken, perhaps by another live demo: stop that program, or choose another port with \
             PORT={other}",
            port = settings.port,
            other = settings.port.checked_add(1).unwrap_or(3310),
        ),
        _ => anyhow::Error::new(error).context(format!("cannot listen on {}:{}", settings.host, settings.port)),
    })
}

/// The schema of the code, as its file holds it. No database is opened: the tables are made in memory for it.
///
/// # Errors
/// Actions that cannot be served; an output that cannot be written.
pub(crate) async fn print_schema() -> anyhow::Result<()> {
    let (settings, engine) = (Settings::from_env()?, without_rows().await?);
    let records = collections::records(&engine).await?;
    let agent = with_records(Forest::builder(), records, settings.database_type());
    let agent = recorded(agent, &engine, settings.recording).await?;
    let agent = kept(agent, &engine).await?;
    print(&agent.schema()?.to_file_text())
}

/// Prints the problems of the agent with these settings, and explains one user's action if given. Opens no database,
/// and starts and publishes nothing. Returns `true` without problems.
///
/// # Errors
/// Settings and actions that would keep the demo from starting; an output that cannot be written.
pub(crate) async fn doctor(question: Option<Question>) -> anyhow::Result<bool> {
    let settings = Settings::from_env()?;
    let engine = without_rows().await?;
    let records = collections::records(&engine).await?;
    let agent = with_records(settings.agent()?, records, settings.database_type());
    let agent = recorded(agent, &engine, settings.recording).await?;
    let agent = kept(agent, &engine).await?;
    let forest = agent.dry_run().await?;
    let diagnosis = forest.doctor().await;
    print(&diagnosis.to_string())?;
    if let Some(Question { user, action }) = question {
        let explanation = forest.explain_access(user, &action.collection, &action.name).await;
        print(&format!("\n{explanation}"))?;
    }
    Ok(diagnosis.is_healthy())
}

/// A session token for a user of local mode.
///
/// # Errors
/// An unknown user, or a connected agent, whose people log in through Forest Admin.
pub(crate) fn print_token(user: u64) -> anyhow::Result<()> {
    let token = Settings::from_env()?.agent()?.local_token(user)?;
    print(&format!("{token}\n"))
}

/// Adds companies until there are `rows` of them.
///
/// # Errors
/// A database that cannot be used, as for the server.
pub(crate) async fn seed(rows: i64) -> anyhow::Result<()> {
    let db = Database::open(&Settings::from_env()?.database_url).await?;
    let start = Instant::now();
    let grown = db.grow_to(rows).await?;
    let seconds = start.elapsed().as_secs_f64();
    db.close().await;
    print(&format!(
        "added {} companies in {seconds:.1} s: there are {} now\n",
        grown.added, grown.total
    ))
}

/// Writes to standard output; a closed pipe (`| head`) is not an error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}
