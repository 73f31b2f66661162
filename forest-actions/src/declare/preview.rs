//! The preview of an action: `preview`, `require_preview`.

use std::fmt;

use futures_util::future::LocalBoxFuture;

use crate::call::ActionCall;
use crate::response::{ActionError, Preview};

/// The function of a preview with uniform arguments and result.
pub(crate) type PreviewFn = fn(ActionCall) -> LocalBoxFuture<'static, Result<Preview, ActionError>>;

/// The preview of an action, as the attribute declares it.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct PreviewDeclaration {
    pub(crate) run: PreviewFn,
    /// A run must name a preview of the same records and values.
    pub(crate) is_required: bool,
}

#[doc(hidden)]
impl PreviewDeclaration {
    #[must_use]
    pub const fn new(run: PreviewFn, is_required: bool) -> Self {
        Self { run, is_required }
    }
}

impl fmt::Debug for PreviewDeclaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreviewDeclaration")
            .field("is_required", &self.is_required)
            .finish_non_exhaustive()
    }
}
