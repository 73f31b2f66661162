//! The validated row: built by `checks`, read by `expand`.

use crate::action_form::Keyed;
use crate::container::Container;
use syn::{Expr, Ident, Type};

/// One row, ready to be expanded.
pub(crate) struct Row {
    pub(crate) container: Container,
    pub(crate) columns: Vec<Column>,
}

/// One column.
pub(crate) struct Column {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// The name in the header.
    pub(crate) name: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) default: Option<Keyed<Default>>,
    pub(crate) min: Option<Keyed<Expr>>,
    pub(crate) max: Option<Keyed<Expr>>,
    pub(crate) min_length: Option<Keyed<Expr>>,
    pub(crate) max_length: Option<Keyed<Expr>>,
    pub(crate) pattern: Option<Keyed<String>>,
}

/// The value of an empty cell.
pub(crate) enum Default {
    /// The one of the type.
    OfType,
    Value(Box<Expr>),
}
