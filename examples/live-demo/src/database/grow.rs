//! Adds companies until there are as many as somebody wants to see a back office with: `live-demo seed --rows N`.
//!
//! Owns how they are added while a server works on the same database. What they look like is [`seed`](super::seed)'s
//! business. Called by the command line.

use super::seed::company_number;
use super::{Database, insert};

/// The largest number of companies to ask for.
pub(crate) const MOST_ROWS: i64 = 1_000_000;

/// How many rows one transaction adds. SQLite has one writer at a time: whoever else wants to write waits this long.
const BATCH: i64 = 25_000;

/// How many companies were added, and how many there are now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Grown {
    pub(crate) added: u64,
    pub(crate) total: i64,
}

impl Database {
    /// Adds companies until there are `rows`; never takes any away.
    ///
    /// Each batch counts anew, so that two of these at once, or one that goes on where another was stopped, end at the
    /// same number.
    ///
    /// # Errors
    /// What the database answers; batches that were finished before stay.
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
            // a name that somebody else has given already is not tried again
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
    async fn it_stops_at_the_number_asked_for_and_counts_what_is_there() {
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
        // what was taken away comes back under new names
        execute(&database, "DELETE FROM companies WHERE id BETWEEN 1001 AND 1100").await;
        assert_eq!(database.grow_to(1_500).await.unwrap().added, 100);
        assert_eq!(count(&database, "SELECT max(id) FROM companies").await, 1_600);
    }

    #[actix_web::test]
    async fn a_taken_name_is_passed_over() {
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
    async fn two_at_once_end_at_the_same_number_and_new_rows_get_new_ids() {
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
    async fn there_is_some_of_everything() {
        let database = fresh().await;
        database.grow_to(2_000).await.unwrap();
        for column in ["status", "industry", "headquarters", "created_at"] {
            let kinds = sqlx::AssertSqlSafe(format!("SELECT count(DISTINCT {column}) FROM companies WHERE id > 40"));
            let kinds: i64 = sqlx::query_scalar(kinds).fetch_one(database.pool()).await.unwrap();
            assert!(kinds >= 4, "{column}: {kinds}");
        }
    }
}
