// Recorded expansion, not compiled: see README.md beside this file.
// #[smart_action(collection = "customers")]

#[allow(clippy::unused_async)]
pub(crate) async fn charge(Form(form): Form<Charge>, caller: Caller) {}
#[allow(non_upper_case_globals)]
#[doc(hidden)]
pub(crate) static __smart_action_charge: ::forest_actions::__private::ActionDescriptor = {
    use ::forest_actions::__private as __fa;
    use ::forest_actions::__private::AnyArgument as _;
    const __FA_ANSWER: __fa::Answer<()> = __fa::answer::<(), _>();
    let __fa_form = __fa::form::<Charge>;
    __fa::ActionDescriptor::new(
            "customers",
            "Charge",
            "/forest/actions/charge",
            __fa::Origin::new(
                ::core::env!("CARGO_PKG_NAME"),
                ::core::module_path!(),
                ::core::file!(),
                ::core::line!(),
            ),
            |__fa_call| __fa::invoke2(
                __fa_call,
                <__fa::Argument<Form<Charge>>>::reader::<Charge>(),
                __fa::extract::<Caller, _>(),
                __FA_ANSWER,
                |__fa_a0, __fa_a1| ::std::boxed::Box::pin(charge(__fa_a0, __fa_a1)),
            ),
        )
        .download(__FA_ANSWER.is_file)
        .form(__fa_form)
        .arguments("charge", &["Form<Charge>", "caller: Caller"])
};
const _: () = {
    ::forest_actions::__private::submit! {
        ::forest_actions::__private::Registered(& __smart_action_charge)
    }
};
