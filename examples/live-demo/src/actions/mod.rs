//! The Smart Actions, one file per collection; the one with the longest form and the one for a million records have files
//! of their own. Nothing registers them: the attribute does.
//!
//! A form is a struct. What the browser shows, what the server accepts and what the function works with all follow from
//! it, so that they cannot drift apart. The server checks every value, because a browser's checks protect nothing; what
//! a type cannot say, such as a limit that depends on the row, the function checks itself.

pub(crate) mod companies;
pub(crate) mod customers;
mod export_companies;
mod ledger;
mod send_invoice;
pub(crate) mod transactions;
pub(crate) mod users;

#[cfg(test)]
mod form_tests;
#[cfg(test)]
mod tests;
