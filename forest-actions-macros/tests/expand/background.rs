// Recorded expansion, not compiled: see README.md beside this file.
// #[smart_action(collection = "orders", background(over = 500), wait = "2s", attempts = 5, stall = "10m", one_at_a_time, keep = "30d")]

#[allow(clippy::unused_async)]
async fn recalculate(orders: Records<Order>) {}
#[allow(non_upper_case_globals)]
#[doc(hidden)]
static __smart_action_recalculate: ::forest_actions::__private::ActionDescriptor = {
    use ::forest_actions::__private as __fa;
    use ::forest_actions::__private::AnyArgument as _;
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
            |__fa_call| __fa::invoke1(
                __fa_call,
                <__fa::Argument<Records<Order>>>::reader::<Order>(),
                __FA_ANSWER,
                |__fa_a0| ::std::boxed::Box::pin(recalculate(__fa_a0)),
            ),
        )
        .download(__FA_ANSWER.is_file)
        .background(
            __fa::Background::new()
                .over(500u64)
                .wait(2000u64)
                .attempts(5u32)
                .stall(600000u64)
                .one_at_a_time()
                .keep(2592000000u64),
        )
        .arguments("recalculate", &["orders: Records<Order>"])
};
const _: () = {
    ::forest_actions::__private::submit! {
        ::forest_actions::__private::Registered(& __smart_action_recalculate)
    }
};
