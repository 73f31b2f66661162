//! A program that links several crates at once, its own library among them.

include!("../src/served.rs");

forest_actions::link!(linking_actions, linking_program);

#[test]
fn the_own_library_and_a_dependency_are_present_when_both_are_linked() {
    assert_eq!(served().unwrap(), ["Cancel", "Refund", "Ship"]);
}
