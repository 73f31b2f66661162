//! What the compiler says about mistakes in the use of the macros.
//!
//! One file per mistake, with the recorded message beside it: `README.md` has the numbering, and how to record
//! again. A message is part of what users see of the library, so a change of one is a change to be looked at.

#[test]
fn mistakes_are_reported_in_the_words_of_the_library() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}
