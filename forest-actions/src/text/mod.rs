//! Words for messages: what comes from outside made fit for one line, lists, near names, full names.
//!
//! Pure, and at the top of the layers: knows neither what the texts are about nor who reads them. Called by whoever writes a
//! message; the wording is the caller's.

mod component;
mod excerpt;
mod full_name;
mod listed;
mod nearest;

pub(crate) use component::COMPONENT;
pub(crate) use excerpt::{excerpt, shortened};
pub(crate) use full_name::full_name;
pub(crate) use listed::listed;
pub(crate) use nearest::nearest;
