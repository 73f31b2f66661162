//! Naming a crate so that its actions are linked.

/// Links the actions of other crates into the program.
///
/// Actions register themselves at link time, and the compiler leaves out a crate that no line of code
/// names: a dependency that is only listed in `Cargo.toml`, or a package's own `lib.rs` that its
/// `main.rs` never mentions. Its actions would then vanish without a word. This macro names it.
///
/// ```
/// // in the program's main.rs, for `my_actions = { path = "../my-actions" }` in Cargo.toml:
/// # use std as my_actions;
/// # mod hidden {
/// forest_actions::link!(std);
/// # }
/// ```
#[macro_export]
macro_rules! link {
    ($($krate:ident),+ $(,)?) => {
        $(const _: () = {
            #[allow(unused_imports, reason = "naming the crate is the point")]
            use ::$krate as _;
        };)+
    };
}
