//! The messages for wrong declarations of charts.

use super::smart_chart;
use crate::testing::{messages, recorded};

fn errors(args: &str, item: &str) -> Vec<String> {
    let (_, errors) = smart_chart(args.parse().unwrap(), item.parse().unwrap());
    messages(&errors).into_iter().map(|(message, _)| message).collect()
}

fn first(args: &str, item: &str) -> String {
    errors(args, item).into_iter().next().unwrap_or_default()
}

#[test]
fn right_declarations_have_no_errors() {
    for (args, item) in [
        ("", "async fn revenue() -> ValueChart {}"),
        (
            "name = \"Revenue of the year\"",
            "async fn revenue(caller: Caller, db: web::Data<Db>) -> ChartResult<PieChart> {}",
        ),
        (
            "collection = \"customers\", name = \"orders\"",
            "async fn orders(id: RecordId<i64>, query: web::Query<Q>) -> Value {}",
        ),
        ("crate = crate::forest", "async fn a(form: web::Form<T>) -> Value {}"),
    ] {
        assert_eq!(errors(args, item), [""; 0], "{args} {item}");
    }
}

#[test]
fn a_chart_of_a_collection_expands() {
    let args = "collection = \"customers\", name = \"Orders of a year\"";
    let item = "pub async fn orders(id: RecordId<i64>, caller: Caller) -> ChartResult<LineChart> { todo!() }";
    let (expansion, _) = smart_chart(args.parse().unwrap(), item.parse().unwrap());
    recorded("chart", &format!("#[smart_chart({args})]"), expansion);
}

#[test]
fn the_name_defaults_to_that_of_the_function() {
    let (code, _) = smart_chart("".parse().unwrap(), "async fn r#type() -> Value {}".parse().unwrap());
    assert!(code.to_string().contains("\"type\""), "{code}");
}

#[test]
fn each_mistake_is_named() {
    for (args, item, message) in [
        ("name = \"\"", "async fn a() -> Value {}", "`name` is"),
        (
            "name = \"a/b\"",
            "async fn a() -> Value {}",
            "the name of a chart is one segment of its path, and has no `/`",
        ),
        (
            "colection = \"a\"",
            "async fn a() -> Value {}",
            "unknown argument `colection`",
        ),
        (
            "name = \"a\", name = \"b\"",
            "async fn a() -> Value {}",
            "`name` is given twice",
        ),
        ("", "fn a() -> Value {}", "the function is not `async`"),
        ("", "struct A;", "expected an `async fn`"),
        (
            "",
            "async fn a(self) -> Value {}",
            "a chart is a free function and takes no `self`",
        ),
        (
            "",
            "async fn a<T>() -> Value {}",
            "a chart has no type parameters, found `T`",
        ),
        (
            "",
            "async fn a(form: Form<T>) -> Value {}",
            "a chart has no form and no selection, so it has no `Form`",
        ),
        (
            "collection = \"c\"",
            "async fn a(ids: RecordIds<i64>) -> Value {}",
            "a chart has no form and no selection, so it has no `RecordIds`",
        ),
        (
            "",
            "async fn a(id: RecordId<i64>) -> Value {}",
            "this chart is of no collection, so it has no `RecordId`",
        ),
    ] {
        let found = first(args, item);
        assert!(found.contains(message), "{args} {item}: {found}");
    }
}
