//! The schema: the collections and actions of an agent, as they are published to the Forest server.
//!
//! A typed model of `.forestadmin-schema.json`, its exact text, the JSON:API document made from it with its hash, and the
//! comparison of two schemas. Pure, apart from the file. Programs describe collections with
//! [`CollectionModel`](crate::records::CollectionModel); the types here are for reading.

mod action;
mod collate;
mod defaults;
mod diff;
mod document;
pub(crate) mod field;
mod file;
mod model;
mod print;
mod stack;
#[cfg(test)]
pub(crate) mod tests;
mod tree;

pub(crate) use action::ActionHooks;
pub use action::{Action, ActionField, ActionKind};
pub(crate) use defaults::pagination_type;
pub use diff::{Change, Difference, SchemaDiff};
pub use document::SchemaDocument;
pub use field::{CollectionField, FieldType};
pub(crate) use field::{Relationship, Validation};
pub use file::{SchemaFileError, WriteOutcome, read, write};
pub use model::{Collection, Schema};
pub(crate) use model::{Meta, Segment};
pub use stack::Stack;
