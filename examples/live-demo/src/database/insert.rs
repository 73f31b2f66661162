//! Writes generated rows into the tables.
//!
//! The SQL is the same on both engines, except that PostgreSQL needs a cast for timestamps and statuses.

use sqlx::{AnyConnection, AssertSqlSafe};

use super::Engine;
use super::seed::{Company, Data};

/// Rows per statement: each company has six values, and SQLite accepts 32,766 parameters.
pub(super) const ROWS_PER_STATEMENT: usize = 1_000;

/// Inserts everything, parents before children.
///
/// # Errors
/// Database errors; the caller then rolls back.
pub(super) async fn all(connection: &mut AnyConnection, engine: &Engine, data: &Data) -> sqlx::Result<()> {
    companies(connection, engine, &data.companies).await?;
    users(connection, engine, data).await?;
    customers(connection, engine, data).await?;
    transactions(connection, engine, data).await?;
    documents(connection, engine, data).await?;
    for table in ["companies", "users", "customers", "transactions", "documents"] {
        continue_ids(connection, engine, table).await?;
    }
    Ok(())
}

/// Inserts companies, as many as fit with each statement; one whose name is taken is left out. Gives how many were
/// added.
pub(super) async fn companies(
    connection: &mut AnyConnection,
    engine: &Engine,
    companies: &[Company],
) -> sqlx::Result<u64> {
    let mut added = 0;
    for chunk in companies.chunks(ROWS_PER_STATEMENT) {
        let rows: Vec<String> = (0..chunk.len()).map(|row| engine.company(row * 6 + 1)).collect();
        // only placeholders go into the text
        let mut insert = sqlx::query(AssertSqlSafe(format!(
            "INSERT INTO companies (id, name, industry, headquarters, status, created_at) VALUES {} \
             ON CONFLICT (name) DO NOTHING",
            rows.join(", ")
        )));
        for row in chunk {
            insert = insert
                .bind(row.id)
                .bind(row.name.as_str())
                .bind(row.industry)
                .bind(row.headquarters)
                .bind(row.status)
                .bind(row.created_at.as_str());
        }
        added += insert.execute(&mut *connection).await?.rows_affected();
    }
    Ok(added)
}

async fn users(connection: &mut AnyConnection, engine: &Engine, data: &Data) -> sqlx::Result<()> {
    let insert = format!(
        "INSERT INTO users (id, company_id, firstname, lastname, email, created_at) VALUES ($1, $2, $3, $4, $5, {})",
        engine.moment(6)
    );
    for row in &data.users {
        sqlx::query(AssertSqlSafe(insert.as_str()))
            .bind(row.id)
            .bind(row.company_id)
            .bind(row.firstname)
            .bind(row.lastname)
            .bind(row.email.as_str())
            .bind(row.created_at.as_str())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn customers(connection: &mut AnyConnection, engine: &Engine, data: &Data) -> sqlx::Result<()> {
    let insert = format!(
        "INSERT INTO customers (id, company_id, firstname, lastname, email, stripe_id, card_brand, card_last4, \
         invoice_sent_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, {}, {})",
        engine.moment(9),
        engine.moment(10)
    );
    for row in &data.customers {
        sqlx::query(AssertSqlSafe(insert.as_str()))
            .bind(row.id)
            .bind(row.company_id)
            .bind(row.firstname)
            .bind(row.lastname)
            .bind(row.email.as_str())
            .bind(row.stripe_id.as_str())
            .bind(row.card_brand)
            .bind(row.card_last4.as_str())
            .bind(row.invoice_sent_at.as_deref())
            .bind(row.created_at.as_str())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn transactions(connection: &mut AnyConnection, engine: &Engine, data: &Data) -> sqlx::Result<()> {
    let insert = format!(
        "INSERT INTO transactions (id, reference, emitter_company_id, beneficiary_company_id, customer_id, \
         amount_cents, note, emitted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, {})",
        engine.moment(8)
    );
    for row in &data.transactions {
        sqlx::query(AssertSqlSafe(insert.as_str()))
            .bind(row.id)
            .bind(row.reference.as_str())
            .bind(row.emitter_company_id)
            .bind(row.beneficiary_company_id)
            .bind(row.customer_id)
            .bind(row.amount_cents)
            .bind(row.note)
            .bind(row.emitted_at.as_str())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn documents(connection: &mut AnyConnection, engine: &Engine, data: &Data) -> sqlx::Result<()> {
    let insert = format!(
        "INSERT INTO documents (id, company_id, kind, file_name, media_type, content, uploaded_by, uploaded_at) \
         VALUES ($1, $2, $3, $4, 'text/plain', $5, 'seed', {})",
        engine.moment(6)
    );
    for row in &data.documents {
        sqlx::query(AssertSqlSafe(insert.as_str()))
            .bind(row.id)
            .bind(row.company_id)
            .bind(row.kind)
            .bind(row.file_name.as_str())
            .bind(row.content.as_bytes())
            .bind(row.uploaded_at.as_str())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// New rows of the table get ids after those that were inserted. SQLite sees to it by itself.
pub(super) async fn continue_ids(
    connection: &mut AnyConnection,
    engine: &Engine,
    table: &'static str,
) -> sqlx::Result<()> {
    if let Engine::Postgres { .. } = engine {
        let statement =
            format!("SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))");
        sqlx::query(AssertSqlSafe(statement)).execute(connection).await?;
    }
    Ok(())
}

impl Engine {
    /// The placeholders of a company's six values, of which the first has this number.
    fn company(&self, first: usize) -> String {
        match self {
            // SQLite counts these by itself; numbered ones are looked up by their names, and with thousands in a
            // statement that takes most of the time
            Self::Sqlite(_) => "(?, ?, ?, ?, ?, ?)".to_owned(),
            Self::Postgres { .. } => {
                let [name, industry, headquarters, status] = [first + 1, first + 2, first + 3, first + 4];
                let created_at = self.moment(first + 5);
                format!(
                    "(${first}, ${name}, ${industry}, ${headquarters}, CAST(${status} AS company_status), {created_at})"
                )
            }
        }
    }

    /// The placeholder of a text that is a moment.
    fn moment(&self, number: usize) -> String {
        match self {
            Self::Sqlite(_) => format!("${number}"),
            Self::Postgres { .. } => format!("CAST(${number} AS timestamptz)"),
        }
    }
}
