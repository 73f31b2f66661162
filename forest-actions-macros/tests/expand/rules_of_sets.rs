// Recorded expansion, not compiled: see README.md beside this file.
// #[smart_action(collection = "orders", name = "Close", can_run = filter(Filter::leaf("status", Operator::Equal, "open"), "not open"), confirm = warning)]

#[allow(clippy::unused_async)]
async fn close(ids: RecordIds<i64>) {}
#[allow(non_upper_case_globals)]
#[doc(hidden)]
static __smart_action_close: ::forest_actions::__private::ActionDescriptor = {
    use ::forest_actions::__private as __fa;
    use ::forest_actions::__private::AnyArgument as _;
    const __FA_ANSWER: __fa::Answer<()> = __fa::answer::<(), _>();
    __fa::ActionDescriptor::new(
            "orders",
            "Close",
            "/forest/actions/close",
            __fa::Origin::new(
                ::core::env!("CARGO_PKG_NAME"),
                ::core::module_path!(),
                ::core::file!(),
                ::core::line!(),
            ),
            |__fa_call| __fa::invoke1(
                __fa_call,
                <__fa::Argument<RecordIds<i64>>>::reader::<i64>(),
                __FA_ANSWER,
                |__fa_a0| ::std::boxed::Box::pin(close(__fa_a0)),
            ),
        )
        .download(__FA_ANSWER.is_file)
        .can_run(
            __fa::CanRun::filter(
                || Filter::leaf("status", Operator::Equal, "open"),
                "not open",
                false,
            ),
        )
        .confirm(
            __fa::Confirmation::depends(
                "Confirm",
                |__fa_records, __fa_caller| __fa::ask(__fa_records, __fa_caller, warning),
            ),
        )
        .arguments("close", &["ids: RecordIds<i64>"])
};
const _: () = {
    ::forest_actions::__private::submit! {
        ::forest_actions::__private::Registered(& __smart_action_close)
    }
};
