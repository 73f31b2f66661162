//! A chart that is not async.

use forest_actions::charts::ValueChart;
use forest_actions::prelude::*;

#[smart_chart]
fn open_orders() -> ValueChart {
    ValueChart::new(42)
}

fn main() {}
