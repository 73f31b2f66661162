//! Declared types of SQLite.
//!
//! SQLite accepts any words as a type, so the spellings of other databases are included, and those of Rust's query
//! builders (`uuid_text`, `timestamp_with_timezone_text`).

use crate::records::value_type::ValueType;

/// The type of the values of a column with this declared type; `None` if the back office cannot show them.
pub(super) fn declared_type(declared: &str) -> Option<ValueType> {
    let words: Vec<&str> = declared.split_whitespace().collect();
    let name = words.join(" ").to_ascii_uppercase();
    let base = name.split('(').next().unwrap_or_default().trim_end();

    if matches!(name.as_str(), "BIT(1)" | "TINYINT(1)" | "BIT" | "BOOLEAN" | "BOOL") {
        return Some(ValueType::Boolean);
    }
    // a list is a text, whose elements are unknown here
    if name.ends_with("[]") || base == "ARRAY" {
        return Some(ValueType::Text);
    }
    if let Some(typed) = base.strip_suffix("_TEXT").and_then(stored_as_text) {
        return Some(typed);
    }
    let starts_with = |prefixes: &[&str]| prefixes.iter().any(|prefix| base.starts_with(prefix));
    let contains = |parts: &[&str]| parts.iter().any(|part| base.contains(part));
    Some(if matches!(base, "JSON" | "JSONB") {
        ValueType::Json
    } else if contains(&["TEXT", "CHAR", "CLOB"]) || base == "STRING" {
        ValueType::Text
    } else if starts_with(&["VARBINARY", "BINARY", "BYTEA"]) || base.ends_with("BLOB") {
        ValueType::Binary
    } else if matches!(base, "UUID" | "UNIQUEIDENTIFIER") {
        ValueType::Uuid
    } else if starts_with(&["INTERVAL"]) {
        return None;
    } else if starts_with(&["INT", "SMALLINT", "TINYINT", "MEDIUMINT", "BIGINT", "UNSIGNED BIG INT"])
        || matches!(base, "SERIAL" | "BIGSERIAL")
    {
        ValueType::Integer
    } else if starts_with(&["NUM", "REAL"]) || contains(&["FLOAT", "DECIMAL", "DOUBLE"]) {
        ValueType::Decimal
    } else if base == "DATE" {
        ValueType::Day
    } else if starts_with(&["DATETIME", "TIMESTAMP"]) {
        ValueType::Instant
    } else if matches!(name.as_str(), "TIME" | "TIME WITHOUT TIME ZONE") {
        ValueType::Time
    } else {
        return None;
    })
}

/// The types that query builders store as text, by the name before `_TEXT`.
fn stored_as_text(base: &str) -> Option<ValueType> {
    Some(match base {
        "DATE" => ValueType::Day,
        "TIME" => ValueType::Time,
        "DATETIME" | "TIMESTAMP" | "TIMESTAMP_WITH_TIMEZONE" => ValueType::Instant,
        "UUID" => ValueType::Uuid,
        "JSON" | "JSONB" => ValueType::Json,
        _ => return None,
    })
}

/// The type of a column without a declared type, from the `typeof` of a value.
pub(super) fn type_of_value(kind: Option<&str>) -> ValueType {
    match kind {
        Some("integer") => ValueType::Integer,
        Some("real") => ValueType::Decimal,
        Some("blob") => ValueType::Binary,
        _ => ValueType::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types_are_known_in_the_spellings_of_other_databases() {
        for (declared, expected) in [
            ("INTEGER", ValueType::Integer),
            ("int", ValueType::Integer),
            ("INT8", ValueType::Integer),
            ("unsigned  big int", ValueType::Integer),
            ("BIGINT", ValueType::Integer),
            ("TINYINT", ValueType::Integer),
            ("TINYINT(1)", ValueType::Boolean),
            ("boolean", ValueType::Boolean),
            ("BIT(1)", ValueType::Boolean),
            ("VARCHAR(255)", ValueType::Text),
            ("NATIVE CHARACTER(70)", ValueType::Text),
            ("character varying (20)", ValueType::Text),
            ("CLOB", ValueType::Text),
            ("mediumtext", ValueType::Text),
            ("TEXT[]", ValueType::Text),
            ("INTEGER[]", ValueType::Text),
            ("DECIMAL(14,2)", ValueType::Decimal),
            ("NUMERIC", ValueType::Decimal),
            ("NUM", ValueType::Decimal),
            ("REAL", ValueType::Decimal),
            ("real(12, 2)", ValueType::Decimal),
            ("real_decimal", ValueType::Decimal),
            ("DOUBLE PRECISION", ValueType::Decimal),
            ("FLOAT", ValueType::Decimal),
            ("DATE", ValueType::Day),
            ("date_text", ValueType::Day),
            ("DATETIME", ValueType::Instant),
            ("DATETIME(6)", ValueType::Instant),
            ("TIMESTAMP WITH TIME ZONE", ValueType::Instant),
            ("timestamp_with_timezone_text", ValueType::Instant),
            ("TIME", ValueType::Time),
            ("UUID", ValueType::Uuid),
            ("uuid_text", ValueType::Uuid),
            ("JSON", ValueType::Json),
            ("JSONB", ValueType::Json),
            ("jsonb_text", ValueType::Json),
            ("enum_text", ValueType::Text),
            ("BLOB", ValueType::Binary),
            ("VARBINARY(16)", ValueType::Binary),
            ("varbinary_blob(16)", ValueType::Binary),
        ] {
            assert_eq!(declared_type(declared), Some(expected), "{declared}");
        }
        for declared in [
            "INTERVAL",
            "POINT",
            "INET",
            "MONEY",
            "XML",
            "YEAR",
            "SET",
            "TIME WITH TIME ZONE",
            "ANY",
        ] {
            assert_eq!(declared_type(declared), None, "{declared}");
        }
    }
}
