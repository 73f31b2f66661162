//! A chart that asks for a form.

use forest_actions::charts::ValueChart;
use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Period {
    days: i64,
}

#[smart_chart(collection = "orders")]
async fn open_orders(form: Form<Period>) -> ValueChart {
    ValueChart::new(form.days)
}

fn main() {}
