//! Media types on a text.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(media_types = ["image/*"])]
    reason: Option<String>,
}

fn main() {}
