//! The text of statements, and their results on both engines.

/// Tests that run a function with the dataset of each engine.
macro_rules! on_each_engine {
    ($($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test(&super::super::dataset::sqlite().await).await;
            })+
        }

        mod on_postgres {
            $(#[tokio::test]
            async fn $test() {
                let schema = concat!("statements_", stringify!($test));
                if let Some(source) = super::super::dataset::postgres(schema).await {
                    super::$test(&source).await;
                }
            })+
        }
    };
}

mod aggregates;
mod cases;
mod dataset;
mod engines;
mod hostile;
mod live;
mod look_ups;
mod pages;
mod postgres;
mod shapes;
mod sqlite;
