//! Many mistakes in one declaration: all of them are said, each once.

use forest_actions::prelude::*;

#[smart_action(
    colection = "orders",
    name = "",
    kind = "singel",
    endpoint = "/refund?fast=1",
    http_method = "get",
    load = prefill(),
    colour = "red",
    unprotected = 1
)]
fn refund<T>(_id: impl Send, #[cfg(unix)] _shop: web::Data<T>) {}

fn main() {}
