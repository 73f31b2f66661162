// Recorded expansion, not compiled: see README.md beside this file.
// #[smart_action(collection = "orders", name = "Refund", can_run = rules::open, on_refusal = "stop", confirm(text = "Refund {count}?", type_word = "REFUND", over = 10, field = "Sure"), preview = refunded, require_preview)]

#[allow(clippy::unused_async)]
async fn refund(ids: RecordIds<i64>) {}
#[allow(non_upper_case_globals)]
#[doc(hidden)]
static __smart_action_refund: ::forest_actions::__private::ActionDescriptor = {
    use ::forest_actions::__private as __fa;
    use ::forest_actions::__private::AnyArgument as _;
    const __FA_ANSWER: __fa::Answer<()> = __fa::answer::<(), _>();
    __fa::ActionDescriptor::new(
            "orders",
            "Refund",
            "/forest/actions/refund",
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
                |__fa_a0| ::std::boxed::Box::pin(refund(__fa_a0)),
            ),
        )
        .download(__FA_ANSWER.is_file)
        .can_run(
            __fa::CanRun::records(
                |__fa_name, __fa_fields, __fa_caller| __fa::judge(
                    __fa_name,
                    __fa_fields,
                    __fa_caller,
                    rules::open,
                ),
                true,
            ),
        )
        .confirm(
            __fa::Confirmation::always(
                "Sure",
                || __fa::Confirm::type_word("REFUND", "Refund {count}?").over(10),
            ),
        )
        .preview(
            __fa::PreviewDeclaration::new(
                |__fa_call| __fa::preview(__fa_call, refunded),
                true,
            ),
        )
        .arguments("refund", &["ids: RecordIds<i64>"])
};
const _: () = {
    ::forest_actions::__private::submit! {
        ::forest_actions::__private::Registered(& __smart_action_refund)
    }
};
