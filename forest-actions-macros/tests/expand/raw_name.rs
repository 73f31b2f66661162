// Recorded expansion, not compiled: see README.md beside this file.
// #[smart_action(collection = "boxes")]

#[allow(clippy::unused_async)]
async fn r#move() -> &'static str {
    "moved"
}
#[allow(non_upper_case_globals)]
#[doc(hidden)]
static __smart_action_move: ::forest_actions::__private::ActionDescriptor = {
    use ::forest_actions::__private as __fa;
    const __FA_ANSWER: __fa::Answer<&'static str> = __fa::answer::<&'static str, _>();
    __fa::ActionDescriptor::new(
            "boxes",
            "Move",
            "/forest/actions/move",
            __fa::Origin::new(
                ::core::env!("CARGO_PKG_NAME"),
                ::core::module_path!(),
                ::core::file!(),
                ::core::line!(),
            ),
            |__fa_call| __fa::invoke0(
                __fa_call,
                __FA_ANSWER,
                || ::std::boxed::Box::pin(r#move()),
            ),
        )
        .download(__FA_ANSWER.is_file)
};
const _: () = {
    ::forest_actions::__private::submit! {
        ::forest_actions::__private::Registered(& __smart_action_move)
    }
};
