//! The whole library through its public API.

mod form_data_uri;
mod form_declarations;
mod form_hook_outcomes;
mod form_hook_vectors;
mod form_hooks;
mod form_large_files;
mod form_layouts;
mod form_properties;
mod form_support;
mod form_values;
mod schema_vectors;
mod smoke;
