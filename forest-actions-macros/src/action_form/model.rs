//! The validated form: built by `checks`, read by `expand`.

use crate::container::Container;
use proc_macro2::Span;
use syn::{Expr, ExprPath, Ident, Type, Visibility};

/// One form, ready to be expanded.
pub(crate) struct Form {
    pub(crate) container: Container,
    /// In the order of the declaration, which is the order on the screen.
    pub(crate) fields: Vec<Field>,
}

/// One field of a form.
pub(crate) struct Field {
    /// The field of the struct.
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) ty: Type,
    /// The name on the wire, which is also the label.
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) required: Option<Keyed<bool>>,
    pub(crate) read_only: Option<Keyed<()>>,
    pub(crate) secret: Option<Keyed<()>>,
    pub(crate) reference: Option<Keyed<String>>,
    pub(crate) min: Option<Keyed<Expr>>,
    pub(crate) max: Option<Keyed<Expr>>,
    pub(crate) min_length: Option<Keyed<Expr>>,
    pub(crate) max_length: Option<Keyed<Expr>>,
    pub(crate) pattern: Option<Keyed<String>>,
    pub(crate) max_size: Option<Keyed<Size>>,
    pub(crate) min_count: Option<Keyed<Expr>>,
    pub(crate) max_count: Option<Keyed<Expr>>,
    pub(crate) media_types: Option<Keyed<Vec<String>>>,
    pub(crate) options: Option<Keyed<Options>>,
    pub(crate) widget: Option<Keyed<Widget>>,
    pub(crate) default: Option<Expr>,
    pub(crate) change: Option<Keyed<ExprPath>>,
    pub(crate) search: Option<Keyed<ExprPath>>,
}

/// A value, and where its key stands: the compiler's word about the key itself belongs there.
pub(crate) struct Keyed<T> {
    pub(crate) key: Span,
    pub(crate) value: T,
}

impl<T> Keyed<T> {
    /// Another value at the same key.
    pub(crate) fn with<U>(&self, value: U) -> Keyed<U> {
        Keyed { key: self.key, value }
    }
}

/// Source of the options, other than the type.
pub(crate) enum Options {
    /// From a hook.
    Dynamic,
    /// From a function.
    Function(ExprPath),
}

/// A widget and its parameters, which are methods of its builder.
pub(crate) struct Widget {
    pub(crate) name: Ident,
    /// Each with its value, or without one where it stands alone.
    pub(crate) parameters: Vec<(Ident, Option<Expr>)>,
}

/// A number of bytes.
pub(crate) enum Size {
    /// Known here.
    Bytes(u64),
    /// A constant of the user's.
    Expression(Box<Expr>),
}
