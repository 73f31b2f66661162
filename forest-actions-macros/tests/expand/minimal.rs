// Recorded expansion, not compiled: see README.md beside this file.
// #[smart_action(collection = "companies")]

#[allow(clippy::unused_async)]
async fn mark_as_live() {}
#[allow(non_upper_case_globals)]
#[doc(hidden)]
static __smart_action_mark_as_live: ::forest_actions::__private::ActionDescriptor = {
    use ::forest_actions::__private as __fa;
    const __FA_ANSWER: __fa::Answer<()> = __fa::answer::<(), _>();
    __fa::ActionDescriptor {
        collection: "companies",
        name: "Mark as live",
        kind: __fa::ActionKind::Bulk,
        endpoint: "/forest/actions/mark-as-live",
        http_method: __fa::HttpMethod::Post,
        description: ::core::option::Option::None,
        submit_button_label: ::core::option::Option::None,
        base_url: ::core::option::Option::None,
        redirect: ::core::option::Option::None,
        download: __FA_ANSWER.is_file,
        form: ::core::option::Option::None,
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
        invoke: |__fa_call| __fa::invoke0(
            __fa_call,
            __FA_ANSWER,
            || ::std::boxed::Box::pin(mark_as_live()),
        ),
    }
};
const _: () = {
    ::forest_actions::__private::submit! {
        ::forest_actions::__private::Registered(& __smart_action_mark_as_live)
    }
};
