//! The characters that a part of an address keeps.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

/// The characters that a browser's `encodeURIComponent` escapes.
pub(crate) const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');
