//! The text of each construct in both dialects.

use sea_query::{Alias, Expr, Query};

use super::dataset::collections;
use super::engines::{contains, customer, day, moment, not_contains, number, of, own, uuid};
use crate::records::condition::{Condition, FieldPath, Parent, Test};
use crate::records::key::Key;
use crate::records::source::{Page, RecordQuery, Sort};
use crate::records::sql::SqlCollection;
use crate::records::sql::engine::Dialect;
use crate::records::sql::postgres::Postgres;
use crate::records::sql::sqlite::Sqlite;
use crate::records::sql::statement::{Column, Statements};
use crate::records::value::Value;

const POSTGRES: &dyn Dialect = &Postgres;
const SQLITE: &dyn Dialect = &Sqlite;

fn statements<'c>(dialect: &'static dyn Dialect, collections: &'c [SqlCollection]) -> Statements<'c> {
    Statements {
        dialect,
        collections,
        live_columns: None,
    }
}

/// The counting statement after `FROM`, and its values.
fn counted(dialect: &'static dyn Dialect, collection: &str, condition: &Condition) -> (String, String) {
    let collections = collections(dialect);
    let statement = statements(dialect, &collections)
        .count(&RecordQuery::new(collection, condition.clone()), None)
        .unwrap()
        .unwrap();
    let beginning = format!("SELECT count(*) FROM \"{collection}\"");
    let rest = statement.sql.strip_prefix(&beginning).unwrap().trim().to_owned();
    let values: Vec<String> = statement.values.0.iter().map(|value| format!("{value:?}")).collect();
    (rest, values.join(", "))
}

/// The expression by which SQLite compares the values of a column of `companies`.
fn compared_on_sqlite(field: &str) -> String {
    let collections = collections(SQLITE);
    let companies = collections.first().unwrap();
    let column = Column {
        expr: Expr::col((Alias::new("companies"), Alias::new(field))),
        field: companies.model.find_field(field).unwrap(),
        stored: companies.columns.get(field).unwrap(),
    };
    let mut select = Query::select();
    select.expr(SQLITE.compared(&column).unwrap());
    let (sql, _) = SQLITE.build(&select);
    format!("({})", sql.strip_prefix("SELECT ").unwrap())
}

/// Constructs with their text on PostgreSQL, and the text on SQLite if it differs by more than placeholders.
fn shapes() -> Vec<(&'static str, Condition, String, Option<String>)> {
    let text = |text: &str| Value::Text(text.to_owned());
    let same = |sql: &str| (sql.to_owned(), None);
    let two = |postgres: &str, sqlite: &str| (postgres.to_owned(), Some(sqlite.to_owned()));
    let shapes = [
        ("companies", Condition::always(), same("")),
        (
            "companies",
            own("employees", Test::Equal(1.into())),
            same(r#"WHERE "companies"."employees" = $1"#),
        ),
        (
            "companies",
            own("employees", Test::Less(number("1.5"))),
            two(
                r#"WHERE "companies"."employees" < CAST($1 AS numeric)"#,
                r#"WHERE "companies"."employees" < ?"#,
            ),
        ),
        (
            "companies",
            own("revenue", Test::In(vec![1.into(), number("1.5")])),
            two(
                r#"WHERE "companies"."revenue" = ANY(CAST($1 AS numeric[]))"#,
                r#"WHERE "companies"."revenue" IN (SELECT "listed"."value" FROM json_each(?) AS "listed")"#,
            ),
        ),
        (
            "companies",
            own("employees", Test::NotIn(vec![1.into(), 2.into()])),
            two(
                r#"WHERE "companies"."employees" <> ALL(CAST($1 AS int4[]))"#,
                r#"WHERE "companies"."employees" NOT IN (SELECT "listed"."value" FROM json_each(?) AS "listed")"#,
            ),
        ),
        (
            "companies",
            own("created_at", Test::Greater(moment("2024-05-15T10:30:00Z"))),
            two(
                r#"WHERE "companies"."created_at" > $1"#,
                &format!("WHERE {} > ?", compared_on_sqlite("created_at")),
            ),
        ),
        (
            "companies",
            own("founded_on", Test::Equal(day("2024-05-15"))),
            two(
                r#"WHERE "companies"."founded_on" = $1"#,
                &format!("WHERE {} = ?", compared_on_sqlite("founded_on")),
            ),
        ),
        (
            "companies",
            own(
                "external_ref",
                Test::Equal(uuid("7C9E6679-7425-40de-944b-e07fc1f90ae7")),
            ),
            same(r#"WHERE "companies"."external_ref" = $1"#),
        ),
        (
            "companies",
            own("name", contains("50%_\\")),
            two(
                r#"WHERE "companies"."name" LIKE $1 ESCAPE E'\\'"#,
                r#"WHERE "companies"."name" LIKE ? ESCAPE '\'"#,
            ),
        ),
        (
            "companies",
            own("name", not_contains("a", true)),
            two(
                r#"WHERE LOWER("companies"."name") NOT LIKE LOWER($1) ESCAPE E'\\'"#,
                r#"WHERE LOWER("companies"."name") NOT LIKE LOWER(?) ESCAPE '\'"#,
            ),
        ),
        (
            "companies",
            own("name", Test::LongerThan(3)),
            same(r#"WHERE length("companies"."name") > $1"#),
        ),
        (
            "companies",
            own("shout", Test::Equal(text("X"))),
            two(
                "WHERE ((upper(name) || '?' -- loud\n)) = $1",
                "WHERE ((upper(name) || '?' -- loud\n)) = ?",
            ),
        ),
        (
            "companies",
            Condition::Any(vec![
                own("name", Test::IsNull),
                Condition::All(vec![own("city", Test::IsNotNull), own("id", Test::Equal(1.into()))]),
            ]),
            same(r#"WHERE "companies"."name" IS NULL OR ("companies"."city" IS NOT NULL AND "companies"."id" = $1)"#),
        ),
        (
            "customers",
            Condition::KeyIn(vec![Key::one(customer(1))]),
            same(r#"WHERE "customers"."id" = $1"#),
        ),
        (
            "customers",
            Condition::KeyNotIn(vec![Key::one(customer(1))]),
            two(
                r#"WHERE "customers"."id" <> ALL($1)"#,
                r#"WHERE LOWER("customers"."id") NOT IN (SELECT "listed"."value" FROM json_each(?) AS "listed")"#,
            ),
        ),
        (
            "assignments",
            Condition::KeyNotIn(vec![Key::from_parts(vec![customer(1), 2.into()])]),
            two(
                r#"WHERE ("assignments"."customer_id", "assignments"."company_id") NOT IN (SELECT * FROM unnest($1, CAST($2 AS int4[])) AS "listed")"#,
                r#"WHERE (LOWER("assignments"."customer_id"), "assignments"."company_id") NOT IN (SELECT json_extract("listed"."value", '$[0]'), json_extract("listed"."value", '$[1]') FROM json_each(?) AS "listed")"#,
            ),
        ),
        (
            "transactions",
            Condition::LinkedTo(Parent::new("companies", Key::one(1), "emitted")),
            same(
                r#"WHERE "transactions"."emitter_id" = $1 AND EXISTS(SELECT 1 FROM "companies" WHERE "companies"."id" = $2)"#,
            ),
        ),
        (
            "companies",
            Condition::LinkedTo(Parent::new("companies", Key::one(1), "namesakes")),
            same(
                r#"WHERE "companies"."employees" IN (SELECT "companies"."employees" FROM "companies" WHERE "companies"."id" = $1)"#,
            ),
        ),
        (
            "customers",
            Condition::LinkedTo(Parent::new("companies", Key::one(1), "advisors")),
            same(
                r#"WHERE "customers"."id" IN (SELECT "assignments"."customer_id" FROM "assignments" WHERE "assignments"."company_id" = $1 AND EXISTS(SELECT 1 FROM "companies" WHERE "companies"."id" = $2))"#,
            ),
        ),
        (
            "customers",
            Condition::Any(vec![
                of("company", "name", Test::IsNull),
                of("company", "city", Test::Equal(text("Nice"))),
            ]),
            same(
                r#"LEFT JOIN (SELECT "companies"."name" AS "related_0_0", "companies"."city" AS "related_0_1", "companies"."id" AS "related_0_2" FROM "companies") AS "related_0" ON "related_0"."related_0_2" = "customers"."company_id" WHERE "related_0"."related_0_0" IS NULL OR "related_0"."related_0_1" = $1"#,
            ),
        ),
        (
            "companies",
            of("first_emitted", "label", Test::IsNotNull),
            same(
                r#"LEFT JOIN (SELECT "transactions"."label" AS "related_0_0", "transactions"."id" AS "related_0_1" FROM "transactions") AS "related_0" ON "related_0"."related_0_1" = (SELECT "related_0_first"."id" FROM "transactions" AS "related_0_first" WHERE "companies"."id" = "related_0_first"."emitter_id" ORDER BY "related_0_first"."id" ASC LIMIT $1) WHERE "related_0"."related_0_0" IS NOT NULL"#,
            ),
        ),
    ];
    shapes
        .into_iter()
        .map(|(collection, condition, (postgres, sqlite))| (collection, condition, postgres, sqlite))
        .collect()
}

#[test]
fn constructs_have_their_text() {
    let mut differences = Vec::new();
    for (collection, condition, postgres, sqlite) in shapes() {
        let sqlite = sqlite.unwrap_or_else(|| postgres.replace("$1", "?").replace("$2", "?"));
        for (dialect, expected) in [(POSTGRES, postgres), (SQLITE, sqlite)] {
            let (sql, _) = counted(dialect, collection, &condition);
            if sql != expected {
                differences.push(format!("expected {expected}\n     got {sql}"));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

#[test]
fn lists_are_tested_on_postgres_and_refused_on_sqlite() {
    let red = || vec![Value::Text("red".to_owned())];
    for (test, expected) in [
        (Test::HasAll(red()), r#"WHERE "companies"."tags" @> CAST($1 AS text[])"#),
        (
            Test::HasNone(red()),
            r#"WHERE NOT ("companies"."tags" && CAST($1 AS text[]))"#,
        ),
        (Test::HasNone(Vec::new()), r#"WHERE "companies"."tags" IS NOT NULL"#),
    ] {
        let condition = own("tags", test);
        assert_eq!(counted(POSTGRES, "companies", &condition).0, expected);
        let collections = collections(SQLITE);
        let error = statements(SQLITE, &collections).count(&RecordQuery::new("companies", condition), None);
        assert!(error.unwrap_err().to_string().contains("SQLite"));
    }
}

#[test]
fn values_are_bound_and_never_part_of_the_text() {
    let hostile = "x'); DROP TABLE companies; --";
    for dialect in [POSTGRES, SQLITE] {
        for test in [
            Test::Equal(hostile.into()),
            Test::In(vec![hostile.into(), "y".into()]),
            contains(hostile),
        ] {
            let (sql, values) = counted(dialect, "companies", &own("name", test));
            assert!(!sql.contains("DROP"), "{sql}");
            assert!(values.contains("DROP"), "{values}");
        }
    }
}

fn keys(dialect: &'static dyn Dialect, collection: &str, after: Option<&Key>) -> String {
    let collections = collections(dialect);
    let query = RecordQuery::new(collection, Condition::always());
    let made = statements(dialect, &collections).keys(&query, after, 100);
    made.unwrap().unwrap().0.sql.to_string()
}

#[test]
fn keys_are_paged_by_a_comparison_of_rows() {
    let composite = Key::from_parts(vec![customer(1), 2.into()]);
    let columns = r#""assignments"."customer_id", "assignments"."company_id""#;
    let order = r#""assignments"."customer_id" ASC, "assignments"."company_id" ASC"#;
    let rows = format!(r#"SELECT {columns} FROM "assignments" WHERE ({columns}) > ($1, $2) ORDER BY {order} LIMIT $3"#);
    assert_eq!(keys(POSTGRES, "assignments", Some(&composite)), rows);
    let rows = rows.replace("$1", "?").replace("$2", "?").replace("$3", "?");
    assert_eq!(keys(SQLITE, "assignments", Some(&composite)), rows);
}

#[test]
fn keys_of_one_column_are_one_list() {
    let column = r#""companies"."id""#;
    for (after, condition) in [(None, ""), (Some(Key::one(7)), r#" WHERE "companies"."id" > ?"#)] {
        let page = format!(r#"SELECT {column} AS "key" FROM "companies"{condition} ORDER BY {column} ASC LIMIT ?"#);
        assert_eq!(
            keys(SQLITE, "companies", after.as_ref()),
            format!(r#"SELECT json_group_array("page"."key") FROM ({page}) AS "page""#)
        );
        let page = page.replacen('?', "$1", 1).replacen('?', "$2", 1);
        assert_eq!(
            keys(POSTGRES, "companies", after.as_ref()),
            format!("SELECT ARRAY(({page}))")
        );
    }
}

#[test]
fn pages_of_keys_have_one_text() {
    for dialect in [POSTGRES, SQLITE] {
        let first = keys(dialect, "companies", Some(&Key::one(7)));
        assert_eq!(first, keys(dialect, "companies", Some(&Key::one(i64::MAX))));
    }
}

#[test]
fn a_page_is_sorted_and_then_ordered_by_its_key() {
    let collections = collections(SQLITE);
    let query = RecordQuery::new("customers", Condition::always());
    let sort = |field: FieldPath, descending| Sort { field, descending };
    let page = Page {
        sort: vec![
            sort(FieldPath::of_relation("company", "name"), true),
            sort(FieldPath::own("first_name"), false),
        ],
        offset: 20,
        limit: 10,
        ..Page::default()
    };
    let made = statements(SQLITE, &collections).records(&query, &page, &[]);
    assert_eq!(
        &*made.unwrap().unwrap().0.sql,
        r#"SELECT "customers"."id" FROM "customers" LEFT JOIN (SELECT "companies"."name" AS "related_0_0", "companies"."id" AS "related_0_1" FROM "companies") AS "related_0" ON "related_0"."related_0_1" = "customers"."company_id" ORDER BY "related_0"."related_0_0" DESC, "customers"."first_name" ASC, "customers"."id" ASC LIMIT ? OFFSET ?"#
    );
}

#[test]
fn impossible_conditions_make_no_statement() {
    for dialect in [POSTGRES, SQLITE] {
        let collections = collections(dialect);
        let statements = statements(dialect, &collections);
        for condition in [
            Condition::never(),
            Condition::All(vec![own("id", Test::Equal(1.into())), Condition::never()]),
            own("id", Test::In(Vec::new())),
            Condition::KeyIn(Vec::new()),
        ] {
            let query = RecordQuery::new("companies", condition);
            assert!(statements.count(&query, None).unwrap().is_none());
            assert!(statements.keys(&query, None, 10).unwrap().is_none());
            assert!(statements.records(&query, &Page::default(), &[]).unwrap().is_none());
        }
    }
}

#[test]
fn hostile_names_are_quoted() {
    use crate::records::model::{CollectionModel, FieldModel};
    use crate::records::value_type::ValueType;

    for dialect in [POSTGRES, SQLITE] {
        let mut field = FieldModel::new("field", ValueType::Text);
        field.stored_as = Some("a\"b; --".to_owned());
        let mut model = CollectionModel::new("things").field(field).key(["field"]);
        model.stored_as = Some("select \"x\"".to_owned());
        let mut collection = super::dataset::collection(dialect, model, &["text"]);
        collection.schema = Some("my\"schema".to_owned());
        let collections = [collection];
        let query = RecordQuery::new("things", own("field", Test::IsNull));
        let made = statements(dialect, &collections).count(&query, None);
        let column = r#""select ""x"""."a""b; --""#;
        assert_eq!(
            made.unwrap().unwrap().sql.to_string(),
            format!(r#"SELECT count(*) FROM "my""schema"."select ""x""" WHERE {column} IS NULL"#)
        );
    }
}

#[test]
fn a_table_named_as_a_join_gets_no_clash() {
    use crate::records::model::{CollectionModel, FieldModel};
    use crate::records::relation::RelationModel;
    use crate::records::value_type::ValueType;

    let model = CollectionModel::new("related_0")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("parent_id", ValueType::Integer))
        .key(["id"])
        .relation(RelationModel::belongs_to("parent", "related_0", "parent_id", "id"));
    let collections = [super::dataset::collection(SQLITE, model, &[])];
    let query = RecordQuery::new("related_0", of("parent", "parent_id", Test::IsNull));
    let made = statements(SQLITE, &collections).count(&query, None);
    let sql = made.unwrap().unwrap().sql;
    let join = r#"AS "_related_0" ON "_related_0"."_related_0_1" = "related_0"."parent_id""#;
    assert!(sql.contains(join), "{sql}");
}

#[test]
fn unknown_names_make_no_statement() {
    let collections = collections(SQLITE);
    let statements = statements(SQLITE, &collections);
    let parent = |collection: &str, relation: &str| Condition::LinkedTo(Parent::new(collection, Key::one(1), relation));
    for (collection, condition) in [
        ("nothing", Condition::always()),
        ("companies", own("nothing", Test::IsNull)),
        ("companies", of("nothing", "id", Test::IsNull)),
        ("companies", of("emitted", "id", Test::IsNull)),
        ("companies", of("sibling", "nothing", Test::IsNull)),
        (
            "companies",
            Condition::KeyIn(vec![Key::from_parts(vec![1.into(), 2.into()])]),
        ),
        ("companies", parent("nothing", "emitted")),
        ("companies", parent("companies", "emitted")),
        ("companies", parent("companies", "nothing")),
    ] {
        let query = RecordQuery::new(collection, condition);
        assert!(statements.count(&query, None).is_err(), "{query:?}");
    }
}
