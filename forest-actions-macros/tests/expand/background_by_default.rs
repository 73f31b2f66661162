// Recorded expansion, not compiled: see README.md beside this file.
// #[smart_action(collection = "orders", background)]

#[allow(clippy::unused_async)]
async fn recalculate() {}
#[allow(non_upper_case_globals)]
#[doc(hidden)]
static __smart_action_recalculate: ::forest_actions::__private::ActionDescriptor = {
    use ::forest_actions::__private as __fa;
    const __FA_ANSWER: __fa::Answer<()> = __fa::answer::<(), _>();
    __fa::ActionDescriptor::new(
            "orders",
            "Recalculate",
            "/forest/actions/recalculate",
            __fa::Origin::new(
                ::core::env!("CARGO_PKG_NAME"),
                ::core::module_path!(),
                ::core::file!(),
                ::core::line!(),
            ),
            |__fa_call| __fa::invoke0(
                __fa_call,
                __FA_ANSWER,
                || ::std::boxed::Box::pin(recalculate()),
            ),
        )
        .download(__FA_ANSWER.is_file)
        .background(__fa::Background::new())
};
const _: () = {
    ::forest_actions::__private::submit! {
        ::forest_actions::__private::Registered(& __smart_action_recalculate)
    }
};
