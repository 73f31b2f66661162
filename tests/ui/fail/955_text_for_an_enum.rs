//! The text of an option as the default of an enum.

use forest_actions::prelude::*;

#[derive(ActionEnum)]
enum Reason {
    Broken,
    Late,
}

#[derive(ActionForm)]
struct Refund {
    #[field(default = "Late")]
    reason: Reason,
}

fn main() {}
