//! A pattern of file names for a media type.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(media_types = ["*.pdf"])]
    proof: FormFile,
}

fn main() {}
