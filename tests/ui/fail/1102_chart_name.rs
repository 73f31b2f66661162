//! A chart whose name would be two segments of a path.

use forest_actions::charts::ValueChart;
use forest_actions::prelude::*;

#[smart_chart(name = "orders/open")]
async fn open_orders() -> ValueChart {
    ValueChart::new(42)
}

fn main() {}
