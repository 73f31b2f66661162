//! One action, served in local mode: `cargo run -p forest-actions --example minimal`, then send the printed request.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program and its tests")]

use std::collections::BTreeSet;
use std::sync::Mutex;

use actix_web::{App, HttpServer};
use forest_actions::prelude::*;

#[derive(Default)]
struct Live(Mutex<BTreeSet<i64>>);

/// The declaration, the route `POST /forest/actions/mark-as-live` and the checks in front of it follow from this line.
#[smart_action(collection = "companies", name = "Mark as Live", kind = "single")]
async fn mark_as_live(id: RecordId<i64>, live: web::Data<Live>) -> ActionResult {
    if !live.0.lock().is_ok_and(|mut live| live.insert(*id)) {
        return Err(failure("The company was already live!"));
    }
    Ok(success("Company is now live!"))
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // without FOREST_ENV_SECRET: local mode, on this machine only
    let forest = Forest::from_env()?.schema_file(false).start().await?;
    let token = forest.local_token(1)?;
    println!(
        "curl http://127.0.0.1:3310/forest/actions/mark-as-live -H 'Content-Type: application/json' \\\n  \
         -H 'Authorization: Bearer {token}' -d '{{\"data\":{{\"attributes\":{{\"ids\":[\"7\"]}}}}}}'"
    );
    let live = web::Data::new(Live::default());
    HttpServer::new(move || App::new().app_data(live.clone()).configure(forest.routes()))
        .bind(("127.0.0.1", 3310))?
        .run()
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_company_goes_live_once() {
        let live = web::Data::new(Live::default());
        assert!(mark_as_live(RecordId(7), live.clone()).await.is_ok());
        let refused = mark_as_live(RecordId(7), live).await.unwrap_err();
        assert_eq!(refused.message(), "The company was already live!");
    }
}
