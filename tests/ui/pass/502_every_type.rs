//! Every type that a field can have, and the type that the schema gives it.

#![deny(warnings)]
#![allow(dead_code, reason = "only the declarations matter")]

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Utc};
use forest_actions::form::{FieldInput, FieldValue, InvalidValue, shape};
use forest_actions::prelude::*;
use forest_actions::schema::FieldType;
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

#[derive(ActionEnum)]
enum Reason {
    Broken,
    Late,
}

/// A type of one's own.
struct Iban(String);

impl FieldValue for Iban {
    type Shape = shape::Text;
    type Plain = Self;

    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
        String::read(input).map(Self)
    }

    fn plain_json(iban: Self) -> Value {
        Value::String(iban.0)
    }
}

type Amount = f64;

macro_rules! forms {
    ($($name:ident is $expected:expr => { $($field:ident: $type:ty),* $(,)? })*) => {$(
        #[derive(ActionForm)]
        struct $name { $($field: $type),* }

        impl $name {
            fn check() {
                let _: &dyn Fn($name) = &|form| { $(let _: $type = form.$field;)* };
                #[smart_action(collection = "orders", name = "A")]
                async fn action(_form: Form<$name>) {}

                let schema = Forest::builder().actions(actions![action]).schema().unwrap();
                for field in schema.find_action("orders", "A").unwrap().fields() {
                    assert_eq!(*field.field_type(), $expected, "{}", field.name());
                }
            }
        }
    )*

        fn check_all() {
            $($name::check();)*
        }
    };
}

forms! {
    Texts is FieldType::String => {
        plain: String, optional: Option<String>, uuid: Uuid, own: Iban, optional_own: Option<Iban>,
        composite: (i64, String), three: (i64, String, Uuid), four: (i64, i64, i64, i64),
    }
    Numbers is FieldType::Number => {
        a: i8, b: i16, c: i32, d: i64, e: i128, f: isize, g: u8, h: u16, i: u32, j: u64, k: u128, l: usize, m: f32,
        n: f64, o: Decimal, p: Option<u8>, q: Amount, r: ::core::primitive::f64,
    }
    Booleans is FieldType::Boolean => { plain: bool, optional: Option<bool> }
    Dates is FieldType::Date => { utc: DateTime<Utc>, zoned: DateTime<FixedOffset>, optional: Option<DateTime<Utc>> }
    Days is FieldType::Dateonly => { plain: NaiveDate, optional: Option<NaiveDate> }
    Times is FieldType::Time => { plain: NaiveTime, optional: Option<NaiveTime> }
    Choices is FieldType::Enum => { plain: Reason, optional: Option<Reason> }
    Files is FieldType::File => { plain: FormFile, optional: Option<FormFile> }
    Json is FieldType::Json => { plain: Value, optional: Option<Value> }
    TextLists is FieldType::list(FieldType::String) => {
        plain: Vec<String>, optional: Option<Vec<String>>, uuids: Vec<Uuid>, own: Vec<Iban>, keys: Vec<(i64, String)>,
    }
    NumberLists is FieldType::list(FieldType::Number) => { plain: Vec<f64>, whole: Vec<i64>, exact: Vec<Decimal> }
    DateLists is FieldType::list(FieldType::Date) => { plain: Vec<DateTime<Utc>> }
    ChoiceLists is FieldType::list(FieldType::Enum) => { plain: Vec<Reason>, optional: Option<Vec<Reason>> }
    FileLists is FieldType::list(FieldType::File) => { plain: Vec<FormFile> }
}

/// A form without fields.
#[derive(ActionForm)]
struct Empty {}

#[test]
fn compiles_and_is_declared() {
    check_all();
    assert!(<Empty as ActionForm>::FIELDS.is_empty());
}
