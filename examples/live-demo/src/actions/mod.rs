//! The Smart Actions, one file per collection; those with long forms and the one for a million records have files
//! of their own. Nothing registers them: the attribute does.
//!
//! A form is a struct, from which the displayed form, the server's validation and the handler's argument follow. The
//! server validates every value; rules beyond the type, such as a limit that depends on the row, are checked in the
//! function.

pub(crate) mod companies;
pub(crate) mod customers;
mod export_companies;
mod import_companies;
mod ledger;
mod plan_delivery;
mod recalculate_balances;
mod refund;
mod send_invoice;
mod send_reminder;
pub(crate) mod transactions;
pub(crate) mod users;

#[cfg(test)]
mod form_tests;
#[cfg(test)]
mod import_tests;
#[cfg(test)]
mod rule_tests;
#[cfg(test)]
mod tests;
