//! A program that lists crates with actions in its `Cargo.toml` and names none of them.

include!("../src/served.rs");

#[test]
fn unreferenced_dependencies_are_absent() {
    assert_eq!(served().unwrap(), [""; 0]);
}
