//! SQL types by name, and what they mean to the back office.
//!
//! Owns the tables of names: what PostgreSQL prints for its own types, and the much looser names that SQLite accepts in
//! a declaration, those of other databases among them. A type that is not here cannot be shown: its column is left out
//! with a warning. Pure: the catalogues ask it for each column. Enumerations, domains and arrays are theirs to resolve.

use std::borrow::Cow;

use crate::records::model::ValueType;

/// What a built-in type of PostgreSQL means, by the name that `format_type` prints for it without a modifier.
///
/// Types that are text to look at but not to compare (`interval`, `inet`, `money`, `xml`, a time with a zone, geometry)
/// are not among them; a computed field may show one as text.
#[cfg(feature = "postgres")]
pub(super) fn postgres_type(name: &str) -> Option<ValueType> {
    Some(match name {
        "text" | "character varying" | "character" | "bpchar" | "name" => ValueType::Text,
        "smallint" | "integer" | "bigint" => ValueType::Integer,
        "numeric" | "real" | "double precision" => ValueType::Decimal,
        "boolean" => ValueType::Boolean,
        "timestamp without time zone" | "timestamp with time zone" => ValueType::Instant,
        "date" => ValueType::Day,
        "time without time zone" => ValueType::Time,
        "json" | "jsonb" => ValueType::Json,
        "uuid" => ValueType::Uuid,
        "bytea" => ValueType::Binary,
        _ => return None,
    })
}

/// The type to which PostgreSQL casts a bound text for a field that code computes.
pub(super) fn cast_for(value_type: &ValueType) -> Cow<'static, str> {
    Cow::Borrowed(match value_type {
        ValueType::Text | ValueType::Enum => "text",
        ValueType::Integer => "int8",
        ValueType::Decimal => "numeric",
        ValueType::Boolean => "bool",
        ValueType::Instant => "timestamptz",
        ValueType::Day => "date",
        ValueType::Time => "time",
        ValueType::Json => "jsonb",
        ValueType::Uuid => "uuid",
        ValueType::Point => "point",
        ValueType::Binary => "bytea",
        ValueType::List(element) => return Cow::Owned(format!("{}[]", cast_for(element))),
    })
}

/// What a declared type of SQLite means. SQLite takes any words for a type, so this knows the spellings of other
/// databases and those that Rust's query builders write (`uuid_text`, `timestamp_with_timezone_text`).
#[cfg(feature = "sqlite")]
pub(super) fn sqlite_type(declared: &str) -> Option<ValueType> {
    let words: Vec<&str> = declared.split_whitespace().collect();
    let name = words.join(" ").to_ascii_uppercase();
    let base = name.split('(').next().unwrap_or_default().trim_end();

    if matches!(name.as_str(), "BIT(1)" | "TINYINT(1)" | "BIT" | "BOOLEAN" | "BOOL") {
        return Some(ValueType::Boolean);
    }
    // the elements of a list are not told apart here: it is a text
    if name.ends_with("[]") || base == "ARRAY" {
        return Some(ValueType::Text);
    }
    if let Some(typed) = base.strip_suffix("_TEXT").and_then(kept_as_text) {
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

/// The types that query builders keep as text, by the name before `_TEXT`.
#[cfg(feature = "sqlite")]
fn kept_as_text(base: &str) -> Option<ValueType> {
    Some(match base {
        "DATE" => ValueType::Day,
        "TIME" => ValueType::Time,
        "DATETIME" | "TIMESTAMP" | "TIMESTAMP_WITH_TIMEZONE" => ValueType::Instant,
        "UUID" => ValueType::Uuid,
        "JSON" | "JSONB" => ValueType::Json,
        _ => return None,
    })
}

/// What a column without a declared type holds, by the `typeof` of a value.
#[cfg(feature = "sqlite")]
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

    #[cfg(feature = "postgres")]
    #[test]
    fn the_types_of_postgresql_mean_what_they_are_and_an_interval_is_no_number() {
        for (name, expected) in [
            ("integer", ValueType::Integer),
            ("smallint", ValueType::Integer),
            ("bigint", ValueType::Integer),
            ("numeric", ValueType::Decimal),
            ("real", ValueType::Decimal),
            ("double precision", ValueType::Decimal),
            ("text", ValueType::Text),
            ("character varying", ValueType::Text),
            ("character", ValueType::Text),
            ("name", ValueType::Text),
            ("boolean", ValueType::Boolean),
            ("timestamp with time zone", ValueType::Instant),
            ("timestamp without time zone", ValueType::Instant),
            ("date", ValueType::Day),
            ("time without time zone", ValueType::Time),
            ("json", ValueType::Json),
            ("jsonb", ValueType::Json),
            ("uuid", ValueType::Uuid),
            ("bytea", ValueType::Binary),
        ] {
            assert_eq!(postgres_type(name), Some(expected), "{name}");
        }
        for name in [
            "interval",
            "time with time zone",
            "money",
            "xml",
            "inet",
            "cidr",
            "macaddr",
            "point",
            "polygon",
            "geometry",
            "bit",
            "bit varying",
            "tsvector",
            "int4range",
            "oid",
            "\"char\"",
            "",
        ] {
            assert_eq!(postgres_type(name), None, "{name}");
        }
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn the_types_of_sqlite_are_any_words_those_of_other_databases_among_them() {
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
            assert_eq!(sqlite_type(declared), Some(expected), "{declared}");
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
            assert_eq!(sqlite_type(declared), None, "{declared}");
        }
    }

    #[test]
    fn a_computed_field_is_cast_to_its_type() {
        assert_eq!(cast_for(&ValueType::Decimal), "numeric");
        assert_eq!(cast_for(&ValueType::List(Box::new(ValueType::Uuid))), "uuid[]");
    }
}
