//! A program that links a crate by name.

include!("../src/served.rs");

forest_actions::link!(linking_actions);

#[test]
fn linked_crates_are_present_with_all_their_modules() {
    assert_eq!(served().unwrap(), ["Cancel", "Refund"]);
}
