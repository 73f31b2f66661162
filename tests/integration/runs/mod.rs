//! Runs in the background, over SQLite and PostgreSQL.

mod answers;
mod handover;
mod imports;
#[cfg(unix)]
mod processes;
mod program;
mod rights;
mod screens;
