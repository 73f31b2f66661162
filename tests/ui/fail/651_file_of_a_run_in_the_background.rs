//! A file as the answer, which comes after the browser has been answered.

use forest_actions::prelude::*;

#[smart_action(collection = "companies", background)]
async fn export() -> Download {
    Download::new("companies.csv", "")
}

fn main() {}
