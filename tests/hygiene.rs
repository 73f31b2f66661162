//! Macro hygiene.
