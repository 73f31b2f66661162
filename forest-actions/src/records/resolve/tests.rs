//! Names that are found, and the texts for those that are not.

use serde_json::json;

use super::super::condition::Test;
use super::super::fixture::{models, number, on, resolver};
use super::*;
use crate::records::{Operator, Value};

fn refusal<T: std::fmt::Debug>(result: Result<T, QueryError>) -> String {
    let (status, text) = result.unwrap_err().answered();
    assert_eq!(status, 400);
    text
}

#[test]
fn fields_of_the_collection_and_of_its_to_one_relations_are_found() {
    let models = models();
    let resolver = resolver(&models);
    let transactions = models.get("transactions").unwrap();
    for (name, path) in [
        ("label", FieldPath::own("label")),
        ("customer_id", FieldPath::own("customer_id")),
        ("emitter:name", FieldPath::of_relation("emitter", "name")),
        ("customer:company_id", FieldPath::of_relation("customer", "company_id")),
    ] {
        assert_eq!(
            resolver.find(transactions, name, Author::Request, &[':']).unwrap().0,
            path,
            "{name}"
        );
    }
}

#[test]
fn sel_15_an_unknown_name_is_refused_with_the_available_ones() {
    let models = models();
    let resolver = resolver(&models);
    let field = |collection: &str, name: &str| {
        refusal(resolver.find(models.get(collection).unwrap(), name, Author::Request, &[':']))
    };
    for (name, expected) in [
        (
            "nope",
            "The 'transactions.nope' field was not found. Available fields are: [id, label,",
        ),
        (
            "lable",
            "The 'transactions.lable' field was not found. Did you mean 'label'?",
        ),
        ("Label", "Did you mean 'label'?"),
        ("", "The 'transactions.' field was not found."),
        ("emitter:nope", "The 'companies.nope' field was not found."),
        ("emitter:", "The 'companies.' field was not found."),
        (":name", "The relation '' of 'transactions' was not found."),
        (
            "emiter:name",
            "Did you mean 'emitter'? Available relations are: [customer, emitter, lost]",
        ),
        (
            "emitter",
            "'emitter' is a relation of 'transactions': name one of its fields too, as 'emitter:id'",
        ),
        ("emitter:name:x", "too many parts"),
        ("customer:company:name", "too many parts"),
        ("emitter.name", "The 'transactions.emitter.name' field was not found."),
        ("lost:id", "leads to the collection 'nowhere', which does not exist"),
        ("label\0", "The 'transactions.label\\0' field was not found."),
        ("\"; DROP TABLE a; --", "The 'transactions.\"; DROP TABLE a; --' field"),
    ] {
        let text = field("transactions", name);
        assert!(text.contains(expected), "{name:?}: {text}");
    }
    let text = field("companies", "emitted:id");
    assert!(text.contains("leads to several records"), "{text}");
    assert!(field("companies", "advisors:id").contains("leads to several records"));
    assert!(field("companies", &"é".repeat(100_000)).len() < 1_000);
}

#[test]
fn only_the_program_may_name_a_hidden_field() {
    let models = models();
    let resolver = resolver(&models);
    let companies = models.get("companies").unwrap();
    let filter = Filter::leaf("secret", Operator::Equal, "x");
    let text = refusal(resolver.filter(companies, &filter));
    assert!(
        text.starts_with("The 'companies.secret' field was not found. Available fields are: [id,"),
        "{text}"
    );
    assert!(!refusal(resolver.find(companies, "sceret", Author::Request, &[':'])).contains("'secret'"));
    assert!(refusal(resolver.sort(companies, "secret")).contains("not found"));
    let behind = Filter::leaf("emitter:secret", Operator::Equal, "x");
    assert!(resolver.filter(models.get("transactions").unwrap(), &behind).is_err());

    let expected = on("secret", Test::Equal("x".into()));
    assert_eq!(resolver.trusted_filter(companies, &filter).unwrap(), expected);
    assert_eq!(
        resolver.segment(companies, "Secret").unwrap(),
        on("secret", Test::IsNotNull)
    );
}

#[test]
fn per_17_a_scope_compares_texts_with_numbers() {
    let models = models();
    let resolver = resolver(&models);
    let companies = models.get("companies").unwrap();
    let filter = Filter::leaf("name", Operator::In, json!([7, "a"]));
    assert!(resolver.filter(companies, &filter).is_err());
    let expected = on("name", Test::In(vec!["7".into(), "a".into()]));
    assert_eq!(resolver.trusted_filter(companies, &filter).unwrap(), expected);
}

#[test]
fn trees_keep_their_logic_with_empty_branches() {
    let models = models();
    let resolver = resolver(&models);
    let transactions = models.get("transactions").unwrap();
    let resolved = |filter: &Filter| resolver.filter(transactions, filter).unwrap();
    let leaf = || Filter::leaf("label", Operator::Equal, "a");
    let test = || on("label", Test::Equal("a".into()));
    for (filter, expected) in [
        (Filter::and([]), Condition::always()),
        (Filter::or([]), Condition::never()),
        (Filter::and([leaf()]), test()),
        (Filter::or([leaf()]), test()),
        (Filter::or([Filter::and([])]), Condition::always()),
        (
            Filter::and([leaf(), Filter::or([])]),
            Condition::All(vec![test(), Condition::never()]),
        ),
        (
            Filter::or([leaf(), Filter::and([])]),
            Condition::Any(vec![test(), Condition::always()]),
        ),
        (
            Filter::or([leaf(), Filter::and([leaf(), leaf()])]),
            Condition::Any(vec![test(), Condition::All(vec![test(), test()])]),
        ),
    ] {
        assert_eq!(resolved(&filter), expected);
    }
    let relation = Filter::leaf("emitter:employees", Operator::Equal, "15");
    assert_eq!(
        resolved(&relation),
        on("emitter:employees", Test::Equal(Value::Integer(15)))
    );
    // a text of a related record can be blank
    assert_eq!(
        resolved(&Filter::leaf("emitter:name", Operator::Blank, json!(null))),
        Condition::Any(vec![
            on("emitter:name", Test::IsNull),
            on("emitter:name", Test::Equal("".into()))
        ])
    );
}

#[test]
fn segments_are_found_by_name() {
    let models = models();
    let resolver = resolver(&models);
    let transactions = models.get("transactions").unwrap();
    let large = on("amount", Test::GreaterOrEqual(number("100")));
    assert_eq!(resolver.segment(transactions, "Large").unwrap(), large);
    assert_eq!(
        resolver.segment(transactions, "Everything").unwrap(),
        Condition::always()
    );
    for name in ["large", "Large ", "", "Nope\n"] {
        let text = refusal(resolver.segment(transactions, name));
        assert_eq!(text, format!("Invalid segment: \"{}\"", name.escape_debug()));
    }
}

#[test]
fn orders_have_several_fields_and_directions() {
    let models = models();
    let resolver = resolver(&models);
    let transactions = models.get("transactions").unwrap();
    let sort = |text: &str| {
        resolver.sort(transactions, text).map(|sorts| {
            sorts
                .into_iter()
                .map(|sort| (sort.field.relation, sort.field.field, sort.descending))
                .collect::<Vec<_>>()
        })
    };
    let own = |field: &str, descending| (None, field.to_owned(), descending);
    let related = |field: &str, descending| (Some("emitter".to_owned()), field.to_owned(), descending);
    for (text, expected) in [
        ("", vec![]),
        (",", vec![]),
        ("id", vec![own("id", false)]),
        ("-id", vec![own("id", true)]),
        ("status, -amount", vec![own("status", false), own("amount", true)]),
        ("emitter.name", vec![related("name", false)]),
        ("-emitter:name", vec![related("name", true)]),
    ] {
        assert_eq!(sort(text).unwrap(), expected, "{text}");
    }
    for text in [
        "nope",
        "--id",
        "-",
        "id,nope",
        "emitter",
        "emitter.nope",
        "customer.company.name",
        "id desc",
        "id;",
    ] {
        refusal(sort(text));
    }
    for name in ["metadata", "place"] {
        assert!(refusal(resolver.sort(models.get("companies").unwrap(), name)).contains("no order"));
    }
    assert!(refusal(sort(&"id,".repeat(11))).contains("at most 10"));
}
