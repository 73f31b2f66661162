//! Parts of messages: excerpts of outside text, lists, nearest names, full names, text in HTML.

mod component;
mod csv;
mod excerpt;
mod full_name;
mod html;
mod listed;
mod nearest;

pub(crate) use component::COMPONENT;
pub(crate) use csv::{harmless, harmless_after, is_formula, write_cell};
pub(crate) use excerpt::{excerpt, one_line, shortened};
pub(crate) use full_name::full_name;
pub(crate) use html::html_escaped;
pub(crate) use listed::listed;
pub(crate) use nearest::nearest;
