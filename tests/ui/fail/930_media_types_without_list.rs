//! One media type, not in a list.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(media_types = "application/pdf")]
    proof: FormFile,
}

fn main() {}
