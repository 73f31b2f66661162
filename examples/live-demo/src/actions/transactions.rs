//! The actions of transactions: a large selection leaves as CSV.

use actix_web::web::Bytes;
use forest_actions::prelude::*;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use sqlx::AssertSqlSafe;

use crate::csv::{Cell, Lines};
use crate::database::{Database, placeholders};
use crate::money::Cents;

/// Rows in memory at a time.
const CHUNK: usize = 500;

const TITLES: [&str; 7] = [
    "id",
    "reference",
    "emitted_at",
    "emitter",
    "beneficiary",
    "amount",
    "note",
];

/// A selection is some records, or all of a list with its filter and search: the ids come chunk by chunk in either case.
#[smart_action(collection = "transactions", name = "Export to CSV", kind = "bulk")]
async fn export_to_csv(selection: Selection, db: web::Data<Database>) -> ActionResult<Download> {
    if selection.count().await? == 0 {
        return Err(failure("Select at least one transaction."));
    }
    let lines = lines(db, &selection);
    Ok(Download::stream("transactions.csv", lines).media_type("text/csv; charset=utf-8"))
}

/// The file, as a stream of chunks that are read on demand. Missing transactions are left out.
fn lines(db: web::Data<Database>, selection: &Selection) -> impl Stream<Item = ActionResult<Bytes>> + use<> {
    let rows = selection.chunks::<i64>(CHUNK).err_into().and_then(move |ids| {
        let db = db.clone();
        async move { rows_of(&db, &ids).await }
    });
    let titles = Lines::titles(&TITLES).map_err(Into::into);
    stream::iter([titles]).chain(rows)
}

async fn rows_of(db: &Database, ids: &[i64]) -> ActionResult<Bytes> {
    type Row = (i64, String, String, String, String, i64, String);
    // only placeholders go into the text; of a moment, both engines write the first 19 characters alike
    let mut query = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT transactions.id, reference, substr(CAST(emitted_at AS text), 1, 19), emitter.name, beneficiary.name, \
         amount_cents, note FROM transactions \
         JOIN companies AS emitter ON emitter.id = emitter_company_id \
         JOIN companies AS beneficiary ON beneficiary.id = beneficiary_company_id \
         WHERE transactions.id IN ({}) ORDER BY transactions.id",
        placeholders(ids.len())
    )));
    for id in ids {
        query = query.bind(*id);
    }
    let rows: Vec<Row> = query.fetch_all(db.pool()).await?;
    let mut lines = Lines::new();
    for (id, reference, emitted_at, emitter, beneficiary, cents, note) in &rows {
        lines.push(&[
            Cell::Own(&id.to_string()),
            Cell::Own(reference),
            Cell::Own(&format!("{}Z", emitted_at.replace(' ', "T"))),
            Cell::Text(emitter),
            Cell::Text(beneficiary),
            Cell::Own(&Cents(*cents).plain()),
            Cell::Text(note),
        ])?;
    }
    Ok(lines.into_bytes()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::testing::fresh;

    async fn exported(db: web::Data<Database>, ids: &[i64]) -> (usize, String) {
        let chunks: Vec<Bytes> = lines(db, &Selection::from_ids(ids)).try_collect().await.unwrap();
        let text = chunks
            .iter()
            .map(|chunk| String::from_utf8_lossy(chunk).into_owned())
            .collect();
        (chunks.len(), text)
    }

    #[actix_web::test]
    async fn a_large_selection_is_exported_in_bounded_chunks_without_duplicates() {
        let db = web::Data::new(fresh().await);
        for round in ["a", "b"] {
            sqlx::query(
                "INSERT INTO transactions (reference, emitter_company_id, beneficiary_company_id, amount_cents, note, \
                 emitted_at) SELECT reference || $1, emitter_company_id, beneficiary_company_id, amount_cents, note, \
                 emitted_at FROM transactions",
            )
            .bind(round)
            .execute(db.pool())
            .await
            .unwrap();
        }
        let ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM transactions ORDER BY id")
            .fetch_all(db.pool())
            .await
            .unwrap();
        let (chunks, text) = exported(db, &ids).await;
        assert_eq!(chunks, 1 + ids.len().div_ceil(CHUNK));
        let first_cells: Vec<i64> = text
            .lines()
            .skip(1)
            .map(|line| line.split(',').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(first_cells, ids);
    }

    #[actix_web::test]
    async fn missing_rows_are_omitted_and_the_header_row_is_kept() {
        let (_, text) = exported(web::Data::new(fresh().await), &[999_999]).await;
        assert_eq!(text, "id,reference,emitted_at,emitter,beneficiary,amount,note\r\n");
    }

    #[actix_web::test]
    async fn an_empty_selection_is_rejected() {
        let db = web::Data::new(fresh().await);
        assert!(
            export_to_csv(Selection::from_ids([0_i64; 0]), db.clone())
                .await
                .is_err()
        );
        assert!(export_to_csv(Selection::from_ids([2, 1]), db).await.is_ok());
    }
}
