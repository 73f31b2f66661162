//! Truth values, for which SQLite has no type: 1 and 0, and the texts that PostgreSQL takes for a `boolean`. Other values
//! are neither true nor false.

use sea_query::{BinOper, Expr};

use super::moments::of_column;
use crate::records::sql::statement::Column;
use crate::records::value::Value;

/// In lower case, upper case, or capitalised.
const TRUE: [&str; 6] = ["1", "true", "t", "yes", "y", "on"];
const FALSE: [&str; 6] = ["0", "false", "f", "no", "n", "off"];

/// 1, 0, or the value itself if it is neither.
pub(super) fn compared(column: Expr) -> Expr {
    let sql = format!(
        "CASE WHEN {} THEN 1 WHEN {} THEN 0 ELSE ? END",
        is_one_of(&TRUE),
        is_one_of(&FALSE)
    );
    of_column(&sql, &column)
}

/// A condition that all records meet which pass this comparison, and for which an index of the column can be used.
pub(super) fn index_hint(column: &Column<'_>, operator: BinOper, value: &Value) -> Option<Expr> {
    match (operator, value) {
        (BinOper::Equal, Value::Boolean(true)) => Some(of_column(&is_one_of(&TRUE), &column.expr)),
        (BinOper::Equal, Value::Boolean(false)) => Some(of_column(&is_one_of(&FALSE), &column.expr)),
        _ => None,
    }
}

/// Conditions on a column: values of one of them have the order of truth values, values of several do not.
pub(super) fn order_classes(column: &Column<'_>) -> Vec<Expr> {
    vec![of_column("? < ''", &column.expr), of_column("? >= ''", &column.expr)]
}

/// A value that is neither, for a report.
pub(super) fn unreadable(column: Expr) -> Expr {
    of_column(&format!("NOT ({} OR {})", is_one_of(&TRUE), is_one_of(&FALSE)), &column)
}

/// A test for each spelling, in a list for which an index is used. The number itself stands beside its text for columns
/// that do not convert texts of numbers.
fn is_one_of(words: &[&str]) -> String {
    let texts = words.iter().flat_map(|word| spellings(word));
    let mut list: Vec<String> = texts.map(|text| format!("'{text}'")).collect();
    list.dedup();
    list.extend(words.first().map(ToString::to_string));
    format!("? IN ({})", list.join(", "))
}

fn spellings(word: &str) -> [String; 3] {
    let upper = word.to_ascii_uppercase();
    let (first, rest) = (upper.get(..1).unwrap_or_default(), word.get(1..).unwrap_or_default());
    [word.to_owned(), format!("{first}{rest}"), upper]
}
