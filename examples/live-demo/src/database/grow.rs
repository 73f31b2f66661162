//! Adds companies up to a total, while a server works on the same database: `live-demo seed --rows N`.

use super::seed::company_number;
use super::{Database, insert};

/// The largest number of companies to ask for.
pub(crate) const MOST_ROWS: i64 = 1_000_000;

/// Rows per transaction. SQLite has one writer at a time, so other writers wait for a whole batch.
const BATCH: i64 = 25_000;

/// Number of added companies, and their total.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Grown {
    pub(crate) added: u64,
    pub(crate) total: i64,
}

impl Database {
    /// Adds companies until there are `rows`; never takes any away.
    ///
    /// Each batch counts again, so that concurrent and resumed runs reach the same total.
    ///
    /// # Errors
    /// Database errors; earlier batches stay.
    pub(crate) async fn grow_to(&self, rows: i64) -> sqlx::Result<Grown> {
        let (mut added, mut tried) = (0, 0);
        loop {
            let mut transaction = self.begin_alone().await?;
            let (total, last): (i64, i64) = sqlx::query_as("SELECT count(*), coalesce(max(id), 0) FROM companies")
                .fetch_one(&mut *transaction)
                .await?;
            let missing = rows.saturating_sub(total).min(BATCH);
            if missing <= 0 {
                return Ok(Grown { added, total });
            }
            // names that are already taken are skipped
            let first = last.max(tried) + 1;
            tried = first + missing - 1;
            let companies: Vec<_> = (first..=tried).map(company_number).collect();
            added += insert::companies(&mut transaction, &self.engine, &companies).await?;
            insert::continue_ids(&mut transaction, &self.engine, "companies").await?;
            transaction.commit().await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{count, execute, fresh, place};
    use super::*;

    #[actix_web::test]
    async fn growth_stops_at_the_requested_total_including_existing_rows() {
        let database = fresh().await;
        let grown = database.grow_to(1_500).await.unwrap();
        assert_eq!((grown.added, grown.total), (1_460, 1_500));
        let again = database.grow_to(1_500).await.unwrap();
        assert_eq!((again.added, again.total), (0, 1_500));
        let fewer = database.grow_to(1).await.unwrap();
        assert_eq!((fewer.added, fewer.total), (0, 1_500));
        assert_eq!(
            count(&database, "SELECT count(DISTINCT name) FROM companies").await,
            1_500
        );
        // deleted companies are replaced under new names
        execute(&database, "DELETE FROM companies WHERE id BETWEEN 1001 AND 1100").await;
        assert_eq!(database.grow_to(1_500).await.unwrap().added, 100);
        assert_eq!(count(&database, "SELECT max(id) FROM companies").await, 1_600);
    }

    #[actix_web::test]
    async fn taken_names_are_skipped() {
        let database = fresh().await;
        let taken = company_number(41).name;
        sqlx::query("UPDATE companies SET name = $1 WHERE id = 2")
            .bind(taken)
            .execute(database.pool())
            .await
            .unwrap();
        let grown = database.grow_to(41).await.unwrap();
        assert_eq!((grown.added, grown.total), (1, 41));
    }

    #[actix_web::test]
    async fn concurrent_growth_reaches_the_same_total_with_new_ids() {
        let place = place().await;
        let (first, second) = (
            Database::open(&place.url).await.unwrap(),
            Database::open(&place.url).await.unwrap(),
        );
        let (one, other) = futures_util::future::join(first.grow_to(300), second.grow_to(300)).await;
        assert_eq!(one.unwrap().added + other.unwrap().added, 260);
        let insert = "INSERT INTO companies (name, industry, headquarters, created_at) \
                      VALUES ('Own', 'Retail', 'Leeds', CURRENT_TIMESTAMP)";
        execute(&first, insert).await;
        assert_eq!(count(&second, "SELECT id FROM companies WHERE name = 'Own'").await, 301);
    }

    #[actix_web::test]
    async fn generated_rows_cover_every_variant() {
        let database = fresh().await;
        database.grow_to(2_000).await.unwrap();
        for column in ["status", "industry", "headquarters", "created_at"] {
            let kinds = sqlx::AssertSqlSafe(format!("SELECT count(DISTINCT {column}) FROM companies WHERE id > 40"));
            let kinds: i64 = sqlx::query_scalar(kinds).fetch_one(database.pool()).await.unwrap();
            assert!(kinds >= 4, "{column}: {kinds}");
        }
    }
}
