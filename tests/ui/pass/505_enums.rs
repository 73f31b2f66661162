//! What an enum of options can look like.

#![deny(warnings)]

use forest_actions::prelude::*;

/// With texts, without them, and with names that need a sign before them.
#[derive(ActionEnum, Debug, Clone, Copy, PartialEq, Eq)]
#[form(crate = forest_actions)]
#[repr(u8)]
pub enum Reason {
    /// Not sent anywhere.
    #[option("It is broken")]
    Broken = 3,
    Late,
    #[allow(non_camel_case_types)]
    r#type,
    #[option("日本, \"quoted\"")]
    Odd,
}

#[derive(ActionEnum)]
#[deprecated]
enum One {
    #[deprecated]
    Only,
}

mod inner {
    #[derive(forest_actions::ActionEnum)]
    pub(super) enum Private {
        A,
        B,
    }
}

#[test]
fn compiles_and_is_declared() {
    assert_eq!(Reason::OPTIONS, ["It is broken", "Late", "type", "日本, \"quoted\""]);
    for (index, reason) in [Reason::Broken, Reason::Late, Reason::r#type, Reason::Odd]
        .into_iter()
        .enumerate()
    {
        assert_eq!(reason.index(), index);
        assert_eq!(Reason::from_index(index), Some(reason));
        assert_eq!(Reason::from_text(reason.text()), Some(reason));
    }
    assert_eq!(
        Reason::from_text("Broken"),
        None,
        "the text stands in place of the name"
    );
    assert_eq!(Reason::from_index(4), None);
    assert_eq!(inner::Private::B.text(), "B");
    let _ = inner::Private::A;
    #[allow(deprecated)]
    {
        assert_eq!(One::Only.index(), 0);
    }
}
