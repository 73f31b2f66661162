// Recorded expansion, not compiled: see README.md beside this file.
// #[smart_chart(collection = "customers", name = "Orders of a year")]

#[allow(clippy::unused_async)]
pub async fn orders(id: RecordId<i64>, caller: Caller) -> ChartResult<LineChart> {
    todo!()
}
#[allow(non_upper_case_globals, unreachable_pub)]
#[doc(hidden)]
pub static __smart_chart_orders: ::forest_actions::__private::ChartDescriptor = {
    use ::forest_actions::__private as __fa;
    use ::forest_actions::__private::AnyArgument as _;
    const __FA_ANSWER: __fa::Answer<ChartResult<LineChart>, __fa::Value> = __fa::chart::<
        ChartResult<LineChart>,
    >();
    __fa::ChartDescriptor::new(
        "Orders of a year",
        ::core::option::Option::Some("customers"),
        __FA_ANSWER.chart_type,
        __fa::Origin::new(
            ::core::env!("CARGO_PKG_NAME"),
            ::core::module_path!(),
            ::core::file!(),
            ::core::line!(),
        ),
        |__fa_call| __fa::invoke2(
            __fa_call,
            <__fa::Argument<RecordId<i64>>>::reader::<i64>(),
            __fa::extract::<Caller, _>(),
            __FA_ANSWER,
            |__fa_a0, __fa_a1| ::std::boxed::Box::pin(orders(__fa_a0, __fa_a1)),
        ),
    )
};
const _: () = {
    ::forest_actions::__private::submit! {
        ::forest_actions::__private::RegisteredChart(& __smart_chart_orders)
    }
};
