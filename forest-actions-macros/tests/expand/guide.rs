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
    __fa::ActionDescriptor::new(
            "companies",
            "Mark as Live",
            "/forest/actions/mark-as-live",
            __fa::Origin::new(
                ::core::env!("CARGO_PKG_NAME"),
                ::core::module_path!(),
                ::core::file!(),
                ::core::line!(),
            ),
            |__fa_call| __fa::invoke2(
                __fa_call,
                <__fa::Argument<RecordId<i64>>>::reader::<i64>(),
                __fa::extract::<web::Data<SqlitePool>, _>(),
                __FA_ANSWER,
                |__fa_a0, __fa_a1| ::std::boxed::Box::pin(mark_as_live(__fa_a0, __fa_a1)),
            ),
        )
        .kind(__fa::ActionKind::Single)
        .download(__FA_ANSWER.is_file)
        .arguments("mark_as_live", &["id: RecordId<i64>", "db: web::Data<SqlitePool>"])
};
const _: () = {
    ::forest_actions::__private::submit! {
        ::forest_actions::__private::Registered(& __smart_action_mark_as_live)
    }
};
