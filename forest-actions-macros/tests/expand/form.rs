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
    __fa::ActionDescriptor {
        collection: "customers",
        name: "Charge",
        kind: __fa::ActionKind::Bulk,
        endpoint: "/forest/actions/charge",
        http_method: __fa::HttpMethod::Post,
        description: ::core::option::Option::None,
        submit_button_label: ::core::option::Option::None,
        base_url: ::core::option::Option::None,
        redirect: ::core::option::Option::None,
        download: __FA_ANSWER.is_file,
        form: ::core::option::Option::Some(__fa::form::<Charge>),
        load: ::core::option::Option::None,
        change: &[],
        max_records: ::core::option::Option::None,
        protected: true,
        origin: __fa::Origin {
            crate_name: ::core::env!("CARGO_PKG_NAME"),
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: ::core::line!(),
        },
        invoke: |__fa_call| __fa::invoke2(
            __fa_call,
            <__fa::Argument<Form<Charge>>>::reader::<Charge>(),
            __fa::extract::<Caller, _>(),
            __FA_ANSWER,
            |__fa_a0, __fa_a1| ::std::boxed::Box::pin(charge(__fa_a0, __fa_a1)),
        ),
    }
};
const _: () = {
    ::forest_actions::__private::submit! {
        ::forest_actions::__private::Registered(& __smart_action_charge)
    }
};
