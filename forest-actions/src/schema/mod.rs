//! The schema: which collections and actions exist, as the Forest server and the back office see them.
//!
//! This layer owns the typed model of `.forestadmin-schema.json`, its exact text, the JSON:API document made from it
//! with its hash, and the comparison of two schemas. It is pure, apart from `file`, which reads and writes the file.
//! It refuses to know where collections and actions come from, HTTP, and when
//! a schema is to be written or sent. The start of the program calls it once; users call it to declare collections
//! and to export the schema.

mod action;
mod collate;
mod defaults;
mod diff;
mod document;
mod encode;
mod field;
mod file;
mod hash;
mod model;
mod print;
mod tree;

pub use action::{Action, ActionField, ActionHooks, ActionType};
pub use collate::compare_collections;
pub use diff::{Change, Difference, SchemaDiff};
pub use document::SchemaDocument;
pub use field::{CollectionField, FieldType, Relationship, Validation};
pub use file::{SchemaFileError, WriteOutcome, read, write};
pub use model::{Collection, Meta, Schema, Segment, Stack};
