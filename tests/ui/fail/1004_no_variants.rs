//! An enum without variants.

use forest_actions::prelude::*;

#[derive(ActionEnum)]
enum Reason {}

fn main() {}
