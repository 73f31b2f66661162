//! As many arguments as there may be.

#![deny(warnings)]

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
#[allow(clippy::too_many_arguments)]
async fn refund(
    _1: RecordId<i64>,
    _2: RecordIds<i64>,
    _3: Values,
    _4: Caller,
    _5: ActionRequest,
    _6: web::Data<String>,
    _7: HttpRequest,
    _8: web::Json<Vec<u8>>,
    _9: web::Bytes,
    _10: Option<Values>,
    _11: web::Query<Vec<(String, String)>>,
    _12: (Values, Caller),
) {
}

async fn prefill(
    form: FormState,
    _2: RecordIds<i64>,
    _3: Values,
    _4: Caller,
    _5: ActionRequest,
    _6: web::Data<String>,
    _7: HttpRequest,
    _8: web::Json<Vec<u8>>,
    _9: web::Bytes,
    _10: Option<Values>,
    _11: web::Query<Vec<(String, String)>>,
    _12: (Values, Caller),
) -> HookResult {
    Ok(form)
}

#[smart_action(collection = "orders", load = prefill)]
async fn ship() {}

#[test]
fn compiles_and_is_declared() {
    assert_eq!(actions![refund, ship].len(), 2);
}
