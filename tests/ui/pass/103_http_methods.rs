//! The methods other than POST warn, and the warning can be switched off.

#![deny(warnings)]

use forest_actions::HttpMethod;
use forest_actions::prelude::*;

#[smart_action(collection = "orders", http_method = "PUT")]
#[allow(deprecated)]
async fn replace() {}

#[smart_action(collection = "orders", http_method = "PATCH")]
#[allow(deprecated, reason = "an old front end asks for it")]
#[deprecated]
async fn change() {}

#[test]
fn compiles_and_is_declared() {
    assert_eq!(actions![replace][0].http_method, HttpMethod::Put);
    #[allow(deprecated)]
    let [action] = actions![change];
    assert_eq!(action.http_method, HttpMethod::Patch);
}
