//! Charts over records, on every store, and charts in code.

mod bounds;
mod code;
mod hostile;
mod leaderboards;
mod lines;
mod refusals;
mod rights;
mod scopes;
mod shop;
mod values;
