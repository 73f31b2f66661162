//! The actions of the collections team. The program names this crate with `link!`: one that only `Cargo.toml` names is not linked.

use std::sync::Mutex;

use forest_actions::prelude::*;
use serde::Deserialize;

/// The letters to send, by e-mail address. A mail service in a real program.
pub type Outbox = Mutex<Vec<String>>;

#[derive(Deserialize)]
struct Debtor {
    email: Option<String>,
}

/// 14. Reports what became of each customer.
#[smart_action(collection = "customers", name = "Send a reminder")]
async fn send_a_reminder(debtors: Records<Debtor>, outbox: web::Data<Outbox>) -> Results {
    let results = debtors.each(500, async |debtor| match debtor.email {
        None => refuse("no e-mail address"),
        Some(email) => {
            outbox
                .lock()
                .map_err(|_| ActionError::internal("the outbox is gone"))?
                .push(email);
            Ok(())
        }
    });
    results
        .await
        .message(|results| format!("{} reminders sent", results.done_count()))
}
