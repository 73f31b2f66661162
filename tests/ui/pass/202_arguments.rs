//! Extractors of every origin, in patterns of every kind.

#![deny(warnings)]

use std::future::{Ready, ready};

use forest_actions::prelude::*;
use forest_actions::{InvalidKey, KeyPart};

struct Pool {
    size: usize,
}

/// An extractor of one's own.
struct Tenant {
    name: String,
}

impl actix_web::FromRequest for Tenant {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(_: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        ready(Ok(Self { name: String::new() }))
    }
}

/// A key of one's own.
#[derive(PartialEq, Eq, Hash)]
struct Sku(String);

impl KeyPart for Sku {
    fn from_text(text: &str) -> Result<Self, InvalidKey> {
        Ok(Self(text.to_owned()))
    }
}

type OrderId = RecordId<(i64, String)>;

#[smart_action(collection = "orders", kind = "single")]
async fn destructured(
    RecordId((account, mut line)): RecordId<(i64, String)>,
    Tenant { name, .. }: Tenant,
    _: Caller,
    pool: web::Data<Pool>,
    web::Json(_body): web::Json<Vec<(String, u8)>>,
) -> String {
    line.push_str(&name);
    format!("{account} {line} {}", pool.size)
}

#[smart_action(collection = "orders", kind = "single")]
async fn alias(RecordId((_, line)): OrderId, sku: RecordId<Sku>, all: RecordIds<(Sku, bool)>) -> String {
    format!("{line} {} {}", sku.0.0, all.len())
}

#[smart_action(collection = "orders", kind = "global")]
async fn optional(
    id: Option<RecordId<i64>>,
    result: Result<web::Query<Vec<(String, String)>>, actix_web::Error>,
    (first, _second): (Values, ActionRequest),
    #[allow(unused_variables)] unused: web::Bytes,
) -> ActionResult {
    let amount: f64 = first.required("Amount")?;
    Ok(success(format!("{} {} {amount}", id.is_some(), result.is_ok())))
}

/// A type of one's own by the name of one of the library's, whose parameter is no key.
mod theirs {
    use super::*;

    pub struct RecordId<T>(pub T);

    impl actix_web::FromRequest for RecordId<f64> {
        type Error = actix_web::Error;
        type Future = Ready<Result<Self, Self::Error>>;

        fn from_request(_: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
            ready(Ok(Self(0.5)))
        }
    }
}

#[smart_action(collection = "orders")]
async fn same_name(id: theirs::RecordId<f64>) -> String {
    id.0.to_string()
}

/// An alias by the name of one of the library's, whose parameter is the record's type and not the key.
mod by_record {
    pub trait Record {
        type Key;
    }

    pub type RecordId<R> = forest_actions::RecordId<<R as Record>::Key>;
}

impl by_record::Record for Pool {
    type Key = i64;
}

#[smart_action(collection = "orders")]
async fn same_name_with_another_parameter(id: by_record::RecordId<Pool>) -> String {
    id.to_string()
}

#[smart_action(collection = "orders")]
async fn projection(id: RecordId<<Pool as by_record::Record>::Key>) -> String {
    id.to_string()
}

#[test]
fn compiles_and_is_declared() {
    let all = actions![
        destructured,
        alias,
        optional,
        same_name,
        same_name_with_another_parameter,
        projection
    ];
    assert_eq!(all.len(), 6);
}
