//! The request, and all keys of a selection of any size.

use actix_web::HttpRequest;
use forest_actions::prelude::*;

#[smart_action(collection = "companies", background, wait = "9s")]
async fn archive(_request: HttpRequest, _ids: RecordIds<i64>) {}

fn main() {}
