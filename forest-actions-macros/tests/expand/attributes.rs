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
    __fa::ActionDescriptor::new(
            "users",
            "Reset password",
            "/forest/actions/reset-password",
            __fa::Origin::new(
                ::core::env!("CARGO_PKG_NAME"),
                ::core::module_path!(),
                ::core::file!(),
                ::core::line!(),
            ),
            |__fa_call| __fa::invoke1(
                __fa_call,
                <__fa::Argument<RecordId<Uuid>>>::reader::<Uuid>(),
                __FA_ANSWER,
                |__fa_a0| ::std::boxed::Box::pin(reset_password(__fa_a0)),
            ),
        )
        .http_method(__fa::HttpMethod::Put)
        .download(__FA_ANSWER.is_file)
        .arguments("reset_password", &["id: RecordId<Uuid>"])
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
