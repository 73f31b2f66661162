//! The validated choice: built by `checks`, read by `expand`.

use crate::container::Container;
use syn::Ident;

/// One enum, ready to be expanded.
pub(crate) struct Choice {
    pub(crate) container: Container,
    /// In the order of the declaration, which is the order on the screen.
    pub(crate) variants: Vec<Variant>,
}

/// One option.
pub(crate) struct Variant {
    pub(crate) ident: Ident,
    /// The text on the screen, which is also the value on the wire.
    pub(crate) text: String,
}
