//! Everything that a handler may give.

#![deny(warnings)]

use forest_actions::prelude::*;
use std::borrow::Cow;
use std::error::Error;

#[smart_action(collection = "orders")]
async fn nothing() {}

#[smart_action(collection = "orders")]
async fn unit() -> () {}

#[smart_action(collection = "orders")]
async fn text() -> &'static str {
    "Done"
}

#[smart_action(collection = "orders")]
async fn owned_text() -> String {
    "Done".to_owned()
}

#[smart_action(collection = "orders")]
async fn either_text() -> Cow<'static, str> {
    Cow::Borrowed("Done")
}

#[smart_action(collection = "orders")]
async fn response() -> ActionResponse {
    success("Done")
}

#[smart_action(collection = "orders")]
async fn file() -> Download {
    Download::new("a.txt", "a")
}

#[smart_action(collection = "orders")]
async fn result() -> ActionResult {
    let _: u8 = "7".parse()?;
    Ok(success("Done"))
}

#[smart_action(collection = "orders")]
async fn result_of_a_file() -> ActionResult<Download> {
    Ok(Download::new("a.txt", "a"))
}

#[smart_action(collection = "orders")]
async fn standard_error() -> Result<ActionResponse, std::io::Error> {
    Ok(success("Done"))
}

#[smart_action(collection = "orders")]
async fn alias_with_one_parameter() -> std::io::Result<&'static str> {
    Ok("Done")
}

#[smart_action(collection = "orders")]
async fn boxed_error() -> Result<(), Box<dyn Error + Send + Sync>> {
    let _: u8 = "7".parse()?;
    Ok(())
}

/// Not a `std::error::Error`, but it becomes a boxed one: the shape of `anyhow::Error`.
struct Anyhow(Box<dyn Error + Send + Sync>);

impl<E: Error + Send + Sync + 'static> From<E> for Anyhow {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl From<Anyhow> for Box<dyn Error + Send + Sync> {
    fn from(error: Anyhow) -> Self {
        error.0
    }
}

#[smart_action(collection = "orders")]
async fn error_like_anyhow() -> Result<ActionResponse, Anyhow> {
    let _: u8 = "7".parse()?;
    Ok(success("Done"))
}

#[test]
fn compiles_and_is_declared() {
    let all = actions![
        nothing,
        unit,
        text,
        owned_text,
        either_text,
        response,
        file,
        result,
        result_of_a_file,
        standard_error,
        alias_with_one_parameter,
        boxed_error,
        error_like_anyhow
    ];
    let files: Vec<&str> = all
        .iter()
        .filter(|action| action.download)
        .map(|action| action.name)
        .collect();
    assert_eq!(files, ["File", "Result of a file"]);
}
