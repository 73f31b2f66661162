//! Records that the back office creates, changes, links and deletes.

mod away;
mod bodies;
mod cascades;
mod club;
mod deletion;
mod hostile;
mod links;
mod matrix;
mod off;
mod oracle;
mod rules;
mod server;
mod trail;
mod values;
