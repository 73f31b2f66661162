//! A form whose fields have no names.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund(f64, String);

fn main() {}
