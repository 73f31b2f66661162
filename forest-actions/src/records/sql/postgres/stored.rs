//! Values as PostgreSQL stores them: each as a text that is cast to the type of its column, so that one rule serves
//! enumerations, domains and types of extensions as well.

use sea_query::{ArrayType, Expr};

use super::kind::{Kind, cast};
use crate::records::sql::statement::Column;
use crate::records::value::Value;
use crate::records::value_type::ValueType;

/// The value to bind; `None` for one that the column cannot have.
pub(super) fn stored(column: &Column<'_>, value: &Value) -> Option<Expr> {
    let name = column.stored.cast.as_str();
    if name.is_empty() {
        return None;
    }
    if let (ValueType::List(_), Value::List(values)) = (&column.field.value_type, value) {
        let texts = values.iter().map(|value| text_of(&Kind::Other, value));
        let texts: Option<Vec<sea_query::Value>> = texts.map(|text| text.map(sea_query::Value::from)).collect();
        let array = sea_query::Value::Array(ArrayType::String, Some(Box::new(texts?)));
        return Some(cast(Expr::val(array), name));
    }
    let text = text_of(&Kind::of(column), value)?;
    Some(cast(Expr::val(text), name))
}

fn text_of(kind: &Kind, value: &Value) -> Option<String> {
    let text = match (kind, value) {
        (Kind::Integer(_), Value::Boolean(flag)) => i64::from(*flag).to_string(),
        (Kind::Integer(_), Value::Instant(moment)) => moment.timestamp().to_string(),
        // a day without a zone would be one of the session
        (Kind::Instant, Value::Day(day)) => format!("{day}T00:00:00Z"),
        (_, Value::Uuid { value, .. }) => value.hyphenated().to_string(),
        (_, Value::Binary(_)) => format!("\\x{value}"),
        (_, Value::List(_)) => return None,
        (_, other) => other.to_string(),
    };
    (!text.contains('\0')).then_some(text)
}
