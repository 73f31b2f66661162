// Recorded expansion, not compiled: see README.md beside this file.
// #[smart_action(collection = "c")]

#[allow(clippy::unused_async)]
async fn a(
    x0: T0,
    x1: T1,
    x2: T2,
    x3: T3,
    x4: T4,
    x5: T5,
    x6: T6,
    x7: T7,
    x8: T8,
    x9: T9,
    x10: T10,
    x11: T11,
) {}
#[allow(non_upper_case_globals)]
#[doc(hidden)]
static __smart_action_a: ::forest_actions::__private::ActionDescriptor = {
    use ::forest_actions::__private as __fa;
    const __FA_ANSWER: __fa::Answer<()> = __fa::answer::<(), _>();
    __fa::ActionDescriptor::new(
            "c",
            "A",
            "/forest/actions/a",
            __fa::Origin::new(
                ::core::env!("CARGO_PKG_NAME"),
                ::core::module_path!(),
                ::core::file!(),
                ::core::line!(),
            ),
            |__fa_call| __fa::invoke12(
                __fa_call,
                __fa::extract::<T0, _>(),
                __fa::extract::<T1, _>(),
                __fa::extract::<T2, _>(),
                __fa::extract::<T3, _>(),
                __fa::extract::<T4, _>(),
                __fa::extract::<T5, _>(),
                __fa::extract::<T6, _>(),
                __fa::extract::<T7, _>(),
                __fa::extract::<T8, _>(),
                __fa::extract::<T9, _>(),
                __fa::extract::<T10, _>(),
                __fa::extract::<T11, _>(),
                __FA_ANSWER,
                |
                    __fa_a0,
                    __fa_a1,
                    __fa_a2,
                    __fa_a3,
                    __fa_a4,
                    __fa_a5,
                    __fa_a6,
                    __fa_a7,
                    __fa_a8,
                    __fa_a9,
                    __fa_a10,
                    __fa_a11|
                ::std::boxed::Box::pin(
                    a(
                        __fa_a0,
                        __fa_a1,
                        __fa_a2,
                        __fa_a3,
                        __fa_a4,
                        __fa_a5,
                        __fa_a6,
                        __fa_a7,
                        __fa_a8,
                        __fa_a9,
                        __fa_a10,
                        __fa_a11,
                    ),
                ),
            ),
        )
        .download(__FA_ANSWER.is_file)
        .arguments(
            "a",
            &[
                "x0: T0",
                "x1: T1",
                "x2: T2",
                "x3: T3",
                "x4: T4",
                "x5: T5",
                "x6: T6",
                "x7: T7",
                "x8: T8",
                "x9: T9",
                "x10: T10",
                "x11: T11",
            ],
        )
};
const _: () = {
    ::forest_actions::__private::submit! {
        ::forest_actions::__private::Registered(& __smart_action_a)
    }
};
