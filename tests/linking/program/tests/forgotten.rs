//! A program that lists crates with actions in its `Cargo.toml` and names none of them.

include!("../src/served.rs");

#[test]
fn dependencies_that_no_line_names_are_absent() {
    assert_eq!(served().unwrap(), [""; 0]);
}
