//! The Smart Actions, one file per collection. Nothing registers them: the attribute does.
//!
//! A form's declaration (its `ActionForm`) and the reading of its values stand side by side in one type, so that what
//! the browser shows and what the server accepts do not drift apart. The server checks every value, because a browser's
//! checks protect nothing.

pub(crate) mod companies;
pub(crate) mod customers;
mod fields;
mod ledger;
pub(crate) mod transactions;
pub(crate) mod users;

#[cfg(test)]
mod tests;
