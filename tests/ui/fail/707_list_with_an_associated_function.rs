//! An associated function instead of an action.

use forest_actions::prelude::*;

struct Shop;

fn main() {
    let _ = actions![<Shop>::refund];
}
