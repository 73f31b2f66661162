//! A chart with an argument that does not exist.

use forest_actions::charts::ValueChart;
use forest_actions::prelude::*;

#[smart_chart(colection = "orders")]
async fn open_orders() -> ValueChart {
    ValueChart::new(42)
}

fn main() {}
