//! A chart without a collection that asks for a record.

use forest_actions::charts::ValueChart;
use forest_actions::prelude::*;

#[smart_chart]
async fn open_orders(id: RecordId<i64>) -> ValueChart {
    ValueChart::new(*id)
}

fn main() {}
