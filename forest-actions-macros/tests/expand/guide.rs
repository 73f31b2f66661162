// Recorded expansion, not compiled: see README.md beside this file.
// #[smart_action(collection = "companies", name = "Mark as Live", kind = "single")]

#[allow(clippy::unused_async)]
/// Makes the company visible.
pub async fn mark_as_live(id: RecordId<i64>, db: web::Data<SqlitePool>) -> ActionResult {
    sqlx::query("UPDATE companies SET status = 'live' WHERE id = ?")
        .bind(*id)
        .execute(&**db)
        .await?;
    Ok(success("Company is now live!"))
}
#[allow(non_upper_case_globals, unreachable_pub)]
#[doc(hidden)]
pub static __smart_action_mark_as_live: ::forest_actions::__private::ActionDescriptor = {
    use ::forest_actions::__private as __fa;
    use ::forest_actions::__private::AnyArgument as _;
    const __FA_ANSWER: __fa::Answer<ActionResult> = __fa::answer::<ActionResult, _>();
    __fa::ActionDescriptor {
        collection: "companies",
        name: "Mark as Live",
        kind: __fa::ActionKind::Single,
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
        invoke: |__fa_call| __fa::invoke2(
            __fa_call,
            <__fa::Argument<RecordId<i64>>>::reader::<i64>(),
            __fa::extract::<web::Data<SqlitePool>, _>(),
            __FA_ANSWER,
            |__fa_a0, __fa_a1| ::std::boxed::Box::pin(mark_as_live(__fa_a0, __fa_a1)),
        ),
    }
};
const _: () = {
    ::forest_actions::__private::submit! {
        ::forest_actions::__private::Registered(& __smart_action_mark_as_live)
    }
};
