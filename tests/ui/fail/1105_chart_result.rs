//! A chart with a result that is no chart.

use forest_actions::prelude::*;

#[smart_chart]
async fn open_orders() -> ActionResult {
    Ok(success("42"))
}

fn main() {}
