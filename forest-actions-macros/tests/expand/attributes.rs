// Recorded expansion, not compiled: see README.md beside this file.
// #[smart_action(collection = "users", http_method = "PUT")]

#[allow(clippy::unused_async)]
#[cfg(feature = "users")]
#[deprecated(note = "gone")]
#[allow(unused_variables)]
#[inline]
pub async fn reset_password(id: RecordId<Uuid>) {}
#[cfg(feature = "users")]
#[allow(unused_variables)]
#[allow(non_upper_case_globals, unreachable_pub, deprecated)]
#[doc(hidden)]
pub static __smart_action_reset_password: ::forest_actions::__private::ActionDescriptor = {
    use ::forest_actions::__private as __fa;
    use ::forest_actions::__private::AnyArgument as _;
    const __FA_ANSWER: __fa::Answer<()> = __fa::answer::<(), _>();
    __fa::ActionDescriptor {
        collection: "users",
        name: "Reset password",
        kind: __fa::ActionKind::Bulk,
        endpoint: "/forest/actions/reset-password",
        http_method: __fa::HttpMethod::Put,
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
        invoke: |__fa_call| __fa::invoke1(
            __fa_call,
            <__fa::Argument<RecordId<Uuid>>>::reader::<Uuid>(),
            __FA_ANSWER,
            |__fa_a0| ::std::boxed::Box::pin(reset_password(__fa_a0)),
        ),
    }
};
#[cfg(feature = "users")]
const _: () = {
    ::forest_actions::__private::submit! {
        ::forest_actions::__private::Registered(& __smart_action_reset_password)
    }
};
#[cfg(feature = "users")]
#[allow(unused_variables)]
const _: () = {
    #[allow(non_upper_case_globals)]
    #[deprecated(
        note = "Forest Admin has deprecated every HTTP method but POST for actions: leave it out"
    )]
    const http_method: () = ();
    http_method
};
