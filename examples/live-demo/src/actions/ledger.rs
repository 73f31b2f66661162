//! Writes transactions: the one place where money moves, for every action that moves some.

use forest_actions::prelude::*;
use sqlx::{Any, Transaction};

use crate::database::{Database, OPERATOR_ID};
use crate::money::Cents;

/// A transaction to write.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) emitter: i64,
    pub(super) beneficiary: i64,
    /// The customer who paid, or `None` when a company did.
    pub(super) customer: Option<i64>,
    pub(super) amount: Cents,
    pub(super) note: &'a str,
}

/// Begins a transaction that has the ledger for itself until it ends.
///
/// An update locks its row on PostgreSQL and the file on SQLite, even without a change: a concurrent transaction waits,
/// and then sees the written rows.
///
/// # Errors
/// Database errors.
pub(super) async fn lock(db: &Database) -> sqlx::Result<Transaction<'static, Any>> {
    let mut transaction = db.pool().begin().await?;
    sqlx::query("UPDATE companies SET balance_cents = balance_cents WHERE id = $1")
        .bind(OPERATOR_ID)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction)
}

/// Writes the transaction and gives its reference.
pub(super) async fn emit(db: &Database, entry: Entry<'_>) -> ActionResult<String> {
    // a ledger is numbered without gaps, and two entries at once must not draw the same number
    let mut transaction = lock(db).await?;
    let number: i64 = sqlx::query_scalar("SELECT coalesce(max(id), 0) + 1 FROM transactions")
        .fetch_one(&mut *transaction)
        .await?;
    let reference = format!("TX-{number:05}");
    sqlx::query(
        "INSERT INTO transactions (id, reference, emitter_company_id, beneficiary_company_id, customer_id, \
         amount_cents, note, emitted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, CURRENT_TIMESTAMP)",
    )
    .bind(number)
    .bind(reference.as_str())
    .bind(entry.emitter)
    .bind(entry.beneficiary)
    .bind(entry.customer)
    .bind(entry.amount.0)
    .bind(entry.note)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(reference)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use futures_util::future::try_join_all;

    use super::*;
    use crate::database::testing::{count, fresh};

    #[actix_web::test]
    async fn concurrent_entries_get_gapless_unique_numbers() {
        let db = fresh().await;
        let before = count(&db, "SELECT max(id) FROM transactions").await;
        let entries = (0..12).map(|_| {
            let entry = Entry {
                emitter: 2,
                beneficiary: 3,
                customer: None,
                amount: Cents(100),
                note: "at once",
            };
            emit(&db, entry)
        });
        let drawn: BTreeSet<String> = try_join_all(entries).await.unwrap().into_iter().collect();
        let expected: BTreeSet<String> = (1..=12).map(|step| format!("TX-{:05}", before + step)).collect();
        assert_eq!(drawn, expected);
    }
}
