//! A change hook that gives back no form.

use forest_actions::prelude::*;

async fn recalculate(_form: FormState) -> ActionResult {
    Ok(success("Done"))
}

#[derive(ActionForm)]
struct Refund {
    #[field(change = recalculate)]
    amount: f64,
}

fn main() {}
