//! The actions of transactions: a large selection leaves as CSV.

use actix_web::web::Bytes;
use forest_actions::prelude::*;
use futures_util::{Stream, stream};
use serde_json::json;
use sqlx::SqlitePool;

use crate::csv::{Cell, push_line};
use crate::money::Cents;

/// How many rows are in memory at a time.
const CHUNK: usize = 500;

#[smart_action(collection = "transactions", name = "Export to CSV", kind = "bulk")]
async fn export_to_csv(ids: RecordIds<i64>, db: web::Data<SqlitePool>) -> ActionResult<Download> {
    if ids.is_empty() {
        return Err(failure("Select at least one transaction."));
    }
    let mut ids = ids.into_inner();
    ids.sort_unstable();
    Ok(Download::stream("transactions.csv", lines(db.get_ref().clone(), ids)).media_type("text/csv; charset=utf-8"))
}

/// The file, chunk by chunk: each is asked for when the browser has taken the one before. A transaction that no longer
/// exists is left out.
fn lines(db: SqlitePool, ids: Vec<i64>) -> impl Stream<Item = sqlx::Result<Bytes>> {
    stream::try_unfold((db, ids, 0), |(db, ids, start)| async move {
        let chunk: Vec<i64> = ids.iter().copied().skip(start).take(CHUNK).collect();
        if chunk.is_empty() {
            return Ok(None);
        }
        let mut text = String::new();
        if start == 0 {
            let titles = [
                "id",
                "reference",
                "emitted_at",
                "emitter",
                "beneficiary",
                "amount",
                "note",
            ];
            push_line(&mut text, &titles.map(Cell::Own));
        }
        rows_of(&db, &chunk, &mut text).await?;
        let next = start + chunk.len();
        Ok(Some((Bytes::from(text), (db, ids, next))))
    })
}

async fn rows_of(db: &SqlitePool, ids: &[i64], text: &mut String) -> sqlx::Result<()> {
    type Row = (i64, String, String, String, String, i64, String);
    // the ids travel as one bound JSON list, so the statement is the same for any number of them
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT transactions.id, reference, emitted_at, emitter.name, beneficiary.name, amount_cents, note \
         FROM transactions \
         JOIN companies AS emitter ON emitter.id = emitter_company_id \
         JOIN companies AS beneficiary ON beneficiary.id = beneficiary_company_id \
         WHERE transactions.id IN (SELECT value FROM json_each(?)) ORDER BY transactions.id",
    )
    .bind(json!(ids).to_string())
    .fetch_all(db)
    .await?;
    for (id, reference, emitted_at, emitter, beneficiary, cents, note) in &rows {
        push_line(
            text,
            &[
                Cell::Own(&id.to_string()),
                Cell::Own(reference),
                Cell::Own(emitted_at),
                Cell::Text(emitter),
                Cell::Text(beneficiary),
                Cell::Own(&Cents(*cents).plain()),
                Cell::Text(note),
            ],
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;
    use crate::database::in_memory;

    async fn exported(db: SqlitePool, ids: Vec<i64>) -> (usize, String) {
        let chunks: Vec<Bytes> = lines(db, ids).try_collect().await.unwrap();
        let text = chunks
            .iter()
            .map(|chunk| String::from_utf8_lossy(chunk).into_owned())
            .collect();
        (chunks.len(), text)
    }

    #[actix_web::test]
    async fn a_large_selection_comes_in_bounded_chunks_each_row_once() {
        let db = in_memory().await;
        for _ in 0..2 {
            sqlx::query(
                "INSERT INTO transactions (reference, emitter_company_id, beneficiary_company_id, amount_cents, note, \
                 emitted_at) SELECT hex(randomblob(8)), emitter_company_id, beneficiary_company_id, amount_cents, note, \
                 emitted_at FROM transactions",
            )
            .execute(&db)
            .await
            .unwrap();
        }
        let ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM transactions ORDER BY id")
            .fetch_all(&db)
            .await
            .unwrap();
        let (chunks, text) = exported(db, ids.clone()).await;
        assert_eq!(chunks, ids.len().div_ceil(CHUNK));
        let first_cells: Vec<i64> = text
            .lines()
            .skip(1)
            .map(|line| line.split(',').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(first_cells, ids);
    }

    #[actix_web::test]
    async fn missing_rows_are_left_out_and_the_titles_stay() {
        let (_, text) = exported(in_memory().await, vec![999_999]).await;
        assert_eq!(text, "id,reference,emitted_at,emitter,beneficiary,amount,note\r\n");
    }

    #[actix_web::test]
    async fn an_empty_selection_is_refused() {
        let db = web::Data::new(in_memory().await);
        assert!(export_to_csv(RecordIds(Vec::new()), db.clone()).await.is_err());
        assert!(export_to_csv(RecordIds(vec![2, 1]), db).await.is_ok());
    }
}
