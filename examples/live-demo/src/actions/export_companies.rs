//! "Export companies": a selection of any size, a million companies too, leaves as CSV.
//!
//! Unlike `transactions.rs`, which queries the database by id, this action reads from the record source, without SQL.

use actix_web::web::Bytes;
use forest_actions::prelude::*;
use futures_util::{Stream, StreamExt as _, stream};
use serde::Deserialize;

use crate::csv::{Cell, Lines};

/// Companies in memory at a time.
const CHUNK: usize = 1_000;

const TITLES: [&str; 6] = ["id", "name", "status", "industry", "headquarters", "created_at"];

/// The exported fields of a company.
#[derive(Deserialize)]
struct Company {
    id: i64,
    name: String,
    status: String,
    industry: String,
    headquarters: String,
    created_at: String,
}

#[smart_action(
    collection = "companies",
    name = "Export companies",
    kind = "bulk",
    description = "The selected companies as CSV, however many they are"
)]
async fn export_companies(companies: Records<Company>) -> ActionResult<Download> {
    let lines = lines(&companies);
    Ok(Download::stream("companies.csv", lines).media_type("text/csv; charset=utf-8"))
}

/// The file, chunk by chunk: each is read when the browser has taken the one before.
fn lines(companies: &Records<Company>) -> impl Stream<Item = ActionResult<Bytes>> + use<> {
    let rows = companies.chunks(CHUNK).map(|companies| -> ActionResult<Bytes> {
        let mut lines = Lines::new();
        for company in &companies? {
            lines.push(&[
                Cell::Own(&company.id.to_string()),
                Cell::Text(&company.name),
                Cell::Own(&company.status),
                Cell::Text(&company.industry),
                Cell::Text(&company.headquarters),
                Cell::Own(&company.created_at),
            ])?;
        }
        Ok(lines.into_bytes()?)
    });
    let titles = Lines::titles(&TITLES).map_err(Into::into);
    stream::iter([titles]).chain(rows)
}
