//! Runs in the background, over SQLite and PostgreSQL.

mod answers;
mod handover;
#[cfg(unix)]
mod processes;
mod program;
mod rights;
mod screens;
