//! Charts in code. Charts over records need none: the library answers them.

use forest_actions::charts::{ChartResult, LeaderboardChart, LineChart};
use forest_actions::prelude::*;

use crate::database::Database;

/// The customers who paid a company most, in whole units of money.
///
/// In the back office: an API chart on a company's page, with the path `/forest/_charts/companies/best-customers`.
#[smart_chart(collection = "companies", name = "best-customers")]
async fn best_customers(id: RecordId<i64>, db: web::Data<Database>) -> ChartResult<LeaderboardChart> {
    // PostgreSQL sums up to numbers without limit
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT customers.firstname || ' ' || customers.lastname, CAST(sum(amount_cents) / 100 AS BIGINT) \
         FROM transactions JOIN customers ON customers.id = transactions.customer_id \
         WHERE beneficiary_company_id = $1 AND refunded_at IS NULL \
         GROUP BY customers.id, customers.firstname, customers.lastname ORDER BY sum(amount_cents) DESC, customers.id LIMIT 5",
    )
    .bind(*id)
    .fetch_all(db.pool())
    .await?;
    Ok(LeaderboardChart::new(rows))
}

/// The payments of each month, in whole units of money.
///
/// In the back office: an API chart with the path `/forest/_charts/payments`.
#[smart_chart]
async fn payments(db: web::Data<Database>) -> ChartResult<LineChart> {
    // moments are text on SQLite
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT substr(CAST(emitted_at AS TEXT), 1, 7) AS month, CAST(sum(amount_cents) / 100 AS BIGINT) \
         FROM transactions WHERE refunded_at IS NULL GROUP BY month ORDER BY month",
    )
    .fetch_all(db.pool())
    .await?;
    Ok(LineChart::new(rows))
}

#[cfg(test)]
mod tests {
    use actix_web::web;
    use forest_actions::RecordId;
    use forest_actions::charts::IntoChart as _;
    use serde_json::Value;

    use super::{best_customers, payments};
    use crate::database::{OPERATOR_ID, testing};

    #[actix_web::test]
    async fn the_customers_who_paid_most_come_first() {
        let db = web::Data::new(testing::fresh().await);
        let chart = best_customers(RecordId(OPERATOR_ID), db.clone()).await.into_chart();
        let rows = chart.unwrap_or_default();
        let amounts: Vec<i64> = rows
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|row| row["value"].as_i64())
            .collect();
        assert!(!amounts.is_empty() && amounts.len() <= 5, "{rows}");
        assert!(amounts.is_sorted_by(|left, right| left >= right), "{rows}");
        let months = payments(db.clone()).await.into_chart().unwrap_or_default();
        assert!(
            months[0]["label"].as_str().is_some_and(|month| month.len() == 7),
            "{months}"
        );
        let nobody = best_customers(RecordId(0), db).await.into_chart();
        assert_eq!(nobody.ok(), Some(Value::Array(Vec::new())));
    }
}
