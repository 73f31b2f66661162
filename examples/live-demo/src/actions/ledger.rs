//! Writes transactions: the one place where money moves, for every action that moves some.

use forest_actions::prelude::*;
use sqlx::SqlitePool;

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

/// Writes the transaction and gives its reference.
///
/// One statement, so that two entries at once cannot draw the same number.
///
/// # Errors
/// What the database answers, as unexpected.
pub(super) async fn emit(db: &SqlitePool, entry: Entry<'_>) -> ActionResult<String> {
    let reference = sqlx::query_scalar(
        "INSERT INTO transactions (reference, emitter_company_id, beneficiary_company_id, customer_id, amount_cents, \
         note, emitted_at) \
         SELECT printf('TX-%05d', coalesce(max(id), 0) + 1), ?, ?, ?, ?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now') \
         FROM transactions RETURNING reference",
    )
    .bind(entry.emitter)
    .bind(entry.beneficiary)
    .bind(entry.customer)
    .bind(entry.amount.0)
    .bind(entry.note)
    .fetch_one(db)
    .await?;
    Ok(reference)
}
