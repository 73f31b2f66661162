//! A library that has no actions and links those of another.

forest_actions::link!(linking_actions);
