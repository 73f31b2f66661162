//! The whole library through its public API.

mod schema_vectors;
mod smoke;
