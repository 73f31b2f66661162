mod catalogue;
#[cfg(all(feature = "sqlite", feature = "postgres"))]
mod statements;
