//! The contract of handlers and hooks: the arguments they take, and the traits that make functions of any number of
//! arguments uniform.

mod args;
mod confirm;
mod context;
mod each;
mod extract;
mod form;
mod hook;
mod preview;
mod reading;
mod rule;
mod run;
mod trail;
#[cfg(feature = "garde")]
mod validated;

pub(crate) use args::invoke;
pub use args::{ActionArg, Answer, AnyArgument, Argument, Extract, answer, chart, extract};
pub use confirm::ask;
pub(crate) use context::CallContext;
pub use form::Form;
pub use hook::{HookHandler, HookOf, HookResult, hook};
pub use preview::preview;
pub use rule::judge;
pub use run::Run;
pub use trail::Trail;
#[cfg(feature = "garde")]
pub use validated::Validated;
