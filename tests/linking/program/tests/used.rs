//! A program that names a crate by using it.

include!("../src/served.rs");

#[test]
fn naming_one_action_links_the_whole_crate() {
    assert_eq!(forest_actions::actions![linking_actions::refund].len(), 1);
}

#[test]
fn a_used_crate_needs_no_link() {
    assert_eq!(served().unwrap(), ["Cancel", "Refund"]);
}
