//! A label of more than 50 characters.

use forest_actions::prelude::*;

#[smart_action(
    collection = "orders",
    submit_button_label = "Refund the order, tell the customer, and close the ticket"
)]
async fn refund() {}

fn main() {}
