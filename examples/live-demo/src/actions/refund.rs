//! "Refund": a rule, a preview with the total, and a word to type.

use forest_actions::prelude::*;
use futures_util::TryStreamExt as _;

use crate::database::Database;
use crate::money::Cents;

#[derive(serde::Deserialize)]
struct Transaction {
    id: i64,
    reference: String,
    amount_cents: i64,
    refunded_at: Option<String>,
}

fn is_not_refunded(transaction: &Transaction, _: &Caller) -> Result<(), Refusal> {
    match &transaction.refunded_at {
        None => Ok(()),
        Some(_) => Err("already refunded".into()),
    }
}

#[smart_action(collection = "transactions", name = "Refund", can_run = is_not_refunded, preview = what_is_refunded,
    confirm(text = "Refund {count} transactions? This cannot be undone.", type_word = "REFUND"))]
async fn refund(transactions: Records<Transaction>, db: web::Data<Database>) -> Results {
    let results = transactions.each(500, async |transaction| {
        // another run may have been faster
        let refunded = sqlx::query(
            "UPDATE transactions SET refunded_at = CURRENT_TIMESTAMP WHERE id = $1 AND refunded_at IS NULL",
        );
        let refunded = refunded.bind(transaction.id).execute(db.pool()).await?;
        match refunded.rows_affected() {
            0 => refuse("already refunded"),
            _ => Ok(()),
        }
    });
    let results = results.await.nothing_done("Nothing was refunded");
    results.message(|results| match results.done_count() {
        1 => "1 transaction refunded".to_owned(),
        count => format!("{count} transactions refunded"),
    })
}

async fn what_is_refunded(transactions: Records<Transaction>) -> ActionResult<Preview> {
    let (mut count, mut total, mut shown) = (0, 0, Vec::new());
    let mut chunks = transactions.chunks(500);
    while let Some(chunk) = chunks.try_next().await? {
        count += chunk.len();
        total += chunk.iter().map(|transaction| transaction.amount_cents).sum::<i64>();
        let rows = chunk.into_iter().take(SHOWN.saturating_sub(shown.len()));
        shown.extend(rows.map(|transaction| [transaction.reference, Cents(transaction.amount_cents).shown()]));
    }
    let sentence = format!(
        "{count} transactions, {} in total, will be refunded.",
        Cents(total).shown()
    );
    Ok(Preview::new(sentence).table(["Transaction", "Amount"], shown))
}

/// Rows of the preview.
const SHOWN: usize = 20;
