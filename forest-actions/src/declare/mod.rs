//! The declarations of actions, the registry of all of them, and the schema that is built from them.
//!
//! `#[smart_action]` writes an [`ActionDescriptor`]; the start reads all of them once into a [`Registry`].

mod background;
mod chart;
mod confirm;
mod descriptor;
mod endpoint;
mod fitness;
mod form;
mod need;
mod preview;
mod reference;
mod registry;
mod rule;
mod schema;

pub use crate::schema::ActionKind;
pub use background::Background;
pub(crate) use chart::Charts;
pub use chart::{ChartDescriptor, ChartProblem, RegisteredChart};
pub(crate) use confirm::{Ask, Expected};
pub use confirm::{Confirm, Confirmation};
pub(crate) use descriptor::PREVIEW_FIELD;
pub use descriptor::{ActionDescriptor, AuditMode, HttpMethod, Origin, Registered};
pub(crate) use form::FormDeclaration;
#[doc(hidden)]
pub use need::{Invocation, KeyCheck, Need, Needs};
pub use preview::PreviewDeclaration;
pub use registry::ActionProblem;

pub(crate) use endpoint::{canonical_path, requested_path};
pub(crate) use fitness::{Described, doubts, misfits};
pub(crate) use reference::reference_problems;
pub(crate) use registry::{HookKind, Registry, Target};
pub use rule::CanRun;
pub(crate) use rule::{Rule, rule_problems};
pub(crate) use schema::build_schema;
