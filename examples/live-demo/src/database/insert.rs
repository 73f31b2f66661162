//! Writes the generated rows into the tables; called once, inside the transaction that creates them.

use sqlx::SqliteConnection;

use super::seed::Data;

/// Inserts everything, parents before children.
///
/// # Errors
/// What the database answers; the caller's transaction then leaves nothing behind.
pub(super) async fn all(connection: &mut SqliteConnection, data: &Data) -> sqlx::Result<()> {
    for row in &data.companies {
        sqlx::query(
            "INSERT INTO companies (id, name, industry, headquarters, status, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(row.id)
        .bind(&row.name)
        .bind(row.industry)
        .bind(row.headquarters)
        .bind(row.status)
        .bind(&row.created_at)
        .execute(&mut *connection)
        .await?;
    }
    for row in &data.users {
        sqlx::query(
            "INSERT INTO users (id, company_id, firstname, lastname, email, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(row.id)
        .bind(row.company_id)
        .bind(row.firstname)
        .bind(row.lastname)
        .bind(&row.email)
        .bind(&row.created_at)
        .execute(&mut *connection)
        .await?;
    }
    for row in &data.customers {
        sqlx::query(
            "INSERT INTO customers (id, company_id, firstname, lastname, email, stripe_id, card_brand, card_last4, \
             created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(row.id)
        .bind(row.company_id)
        .bind(row.firstname)
        .bind(row.lastname)
        .bind(&row.email)
        .bind(&row.stripe_id)
        .bind(row.card_brand)
        .bind(&row.card_last4)
        .bind(&row.created_at)
        .execute(&mut *connection)
        .await?;
    }
    for row in &data.transactions {
        sqlx::query(
            "INSERT INTO transactions (id, reference, emitter_company_id, beneficiary_company_id, customer_id, \
             amount_cents, note, emitted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(row.id)
        .bind(&row.reference)
        .bind(row.emitter_company_id)
        .bind(row.beneficiary_company_id)
        .bind(row.customer_id)
        .bind(row.amount_cents)
        .bind(row.note)
        .bind(&row.emitted_at)
        .execute(&mut *connection)
        .await?;
    }
    for row in &data.documents {
        sqlx::query(
            "INSERT INTO documents (id, company_id, kind, file_name, media_type, content, uploaded_by, uploaded_at) \
             VALUES (?, ?, ?, ?, 'text/plain', ?, 'seed', ?)",
        )
        .bind(row.id)
        .bind(row.company_id)
        .bind(row.kind)
        .bind(&row.file_name)
        .bind(row.content.as_bytes())
        .bind(&row.uploaded_at)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
