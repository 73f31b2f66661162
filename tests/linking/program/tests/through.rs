//! A program that links a crate which links another.

include!("../src/served.rs");

forest_actions::link!(linking_through);

#[test]
fn crates_linked_by_a_linked_crate_are_present() {
    assert_eq!(served().unwrap(), ["Cancel", "Refund"]);
}
