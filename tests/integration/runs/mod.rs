//! Runs in the background, over SQLite and PostgreSQL.

mod answers;
mod handover;
mod program;
mod rights;
mod screens;
