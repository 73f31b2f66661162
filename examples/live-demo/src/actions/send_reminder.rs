//! "Send reminder": a rule over many records, and a question with their number.

use forest_actions::prelude::*;
use forest_actions::records::{Filter, Operator};

use crate::database::Database;

#[derive(serde::Deserialize)]
struct Customer {
    id: i64,
}

fn has_an_invoice() -> Filter {
    Filter::leaf("invoice_sent_at", Operator::Present, ())
}

#[smart_action(collection = "customers", name = "Send reminder", submit_button_label = "Send",
    can_run = filter(has_an_invoice(), "no invoice"), confirm = "Remind {count} customers of their invoice?")]
async fn send_reminder(customers: Records<Customer>, db: web::Data<Database>) -> Results {
    let results = customers.each(500, async |customer| {
        let reminded = sqlx::query("UPDATE customers SET reminded_at = CURRENT_TIMESTAMP WHERE id = $1");
        reminded.bind(customer.id).execute(db.pool()).await?;
        Ok(())
    });
    let results = results.await.nothing_done("No reminder was sent");
    results.message(|results| match results.done_count() {
        1 => "1 reminder sent".to_owned(),
        count => format!("{count} reminders sent"),
    })
}
