//! What the compiler says about mistakes in the use of the macros, and that it says nothing about the rest.
//!
//! One file per mistake, with the recorded message beside it: `ui/README.md` has the numbering, and how to record
//! again. A message is part of what users see of the library, so a change of one is a change to be looked at.

#[test]
fn mistakes_are_reported_in_the_words_of_the_library() {
    trybuild::TestCases::new().compile_fail("ui/fail/*.rs");
}

#[test]
fn everything_that_is_documented_compiles() {
    trybuild::TestCases::new().pass("ui/pass/*.rs");
}
