//! The database engines that benchmarks run on.

use std::fmt;

use crate::Outcome;

/// A database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// SQLite, in a file of its own.
    Sqlite,
    /// PostgreSQL, at a given URL or on a temporary server.
    Postgres,
}

impl Engine {
    /// The engine of this name.
    ///
    /// # Errors
    /// Another name than `sqlite` and `postgres`.
    pub fn named(name: &str) -> Outcome<Self> {
        match name.trim() {
            "sqlite" => Ok(Self::Sqlite),
            "postgres" => Ok(Self::Postgres),
            other => Err(format!("`{other}` is no engine: there are sqlite and postgres").into()),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}
