//! A typed form: what a field is follows from its Rust type, and every value is checked before the handler runs.
//!
//! `cargo run -p forest-actions --example form` prints the form as the schema file declares it.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program and its tests")]

use forest_actions::prelude::*;

#[derive(Debug, Clone, Copy, ActionEnum)]
enum Currency {
    Usd,
    Eur,
}

#[derive(ActionForm)]
struct Charge {
    /// The amount to charge. Example: 42.50
    #[field(min = 0.5)]
    amount: f64,
    #[field(default = Currency::Usd)]
    currency: Currency,
    #[field(label = "Reason", widget = text_area(rows = 4))]
    reason: Option<String>,
    #[field(reference = "companies.id")]
    beneficiary: Option<i64>,
}

#[smart_action(collection = "cards", name = "Charge credit card", kind = "single")]
async fn charge_credit_card(card: RecordId<i64>, form: Form<Charge>) -> ActionResult {
    let beneficiary = form
        .beneficiary
        .map(|id| format!(" for company {id}"))
        .unwrap_or_default();
    let reason = form.reason.as_deref().unwrap_or("no reason given");
    let (amount, currency) = (form.amount, form.currency);
    Ok(success(format!(
        "Card {}: {amount:.2} {currency:?}{beneficiary} ({reason})",
        *card
    )))
}

fn main() -> Result<(), forest_actions::Error> {
    println!("{}", Forest::builder().schema()?.to_file_text());
    Ok(())
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use forest_actions::testing::TestForest;

    use super::*;

    #[actix_web::test]
    async fn all_problems_of_a_form_are_answered_at_once() {
        let agent = Forest::builder().actions(actions![charge_credit_card]);
        let forest = TestForest::start(agent, |forest| App::new().configure(forest.routes()))
            .await
            .unwrap();
        let charge = || forest.admin().trigger("cards", "Charge credit card").ids([7]);
        let answer = charge().value("amount", 42.5).await;
        assert_eq!(answer.success(), "Card 7: 42.50 Usd (no reason given)");
        let answer = charge().value("amount", 0.1).value("currency", "Gold").await;
        assert_eq!(answer.problems().len(), 2);
    }
}
