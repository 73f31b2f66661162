//! Tests of the whole library through its public API.
//!
//! One binary, to save link time. Tests of documented behaviours start with their id: `aut_09_…`. Every test builds its
//! own agent with an explicit list of actions, so modules may declare any action.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answers;
mod audit;
mod audit_faults;
mod body;
mod browse_documents;
mod browse_exports;
mod browse_log;
mod browse_programs;
mod browse_refusals;
mod call_log;
mod confirm;
mod cors;
mod doctor;
mod downloads;
mod embedding;
mod environment;
mod errors;
mod faults;
mod field;
mod form_data_uri;
mod form_declarations;
mod form_large_files;
mod form_layouts;
mod form_properties;
mod form_rules;
mod form_values;
mod hardening;
mod hook_failures;
mod hook_forms;
mod hook_routes;
mod hook_vectors;
mod lifecycle;
mod local_mode;
mod mistakes;
mod playground;
mod playground_approvals;
mod previews;
mod properties;
mod readiness;
mod record_faults;
mod record_hostile;
mod record_ids;
mod record_limits;
mod record_rules;
mod record_selection;
mod record_spellings;
mod record_transactions;
mod record_vectors;
mod records;
mod registry;
mod results;
mod routes;
mod rules;
mod schema_file;
mod server_approvals;
mod server_approved_runs;
mod server_changing_records;
mod server_events;
mod server_invalidation;
mod server_ip;
mod server_login;
mod server_login_answers;
mod server_permissions;
mod server_publication;
mod server_renamed;
mod server_roles;
mod server_scopes;
mod statement_counts;
mod support;
mod test_forest;
mod token;
