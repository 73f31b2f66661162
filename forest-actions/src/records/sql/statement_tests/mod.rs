//! Tests of the statements: their texts, and what they find on both engines.

mod cases;
mod dataset;
mod engines;
mod hostile;
mod live;
mod pages;
#[cfg(feature = "postgres")]
mod postgres;
mod shapes;
#[cfg(feature = "sqlite")]
mod sqlite;
