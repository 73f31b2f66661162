//! A string instead of a path.

use forest_actions::prelude::*;

fn main() {
    let _ = actions!["refund"];
}
