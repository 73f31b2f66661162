//! Types of PostgreSQL by name. Enumerations, domains and arrays are resolved by the catalogue.

use crate::records::value_type::ValueType;

/// The type of the values of a built-in type, by the name that `format_type` prints for it without a modifier.
///
/// `None` for types that print as text but do not compare as text: `interval`, `inet`, `money`, `xml`, a time with a
/// zone, geometry. A computed field can show them as text.
pub(super) fn built_in_type(name: &str) -> Option<ValueType> {
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

/// The cast of a computed field.
pub(super) fn cast_for(value_type: &ValueType) -> String {
    let name = match value_type {
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
        ValueType::List(element) => return format!("{}[]", cast_for(element)),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_types_are_known_and_an_interval_is_unsupported() {
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
            assert_eq!(built_in_type(name), Some(expected), "{name}");
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
            assert_eq!(built_in_type(name), None, "{name}");
        }
    }

    #[test]
    fn computed_fields_are_cast_to_their_type() {
        assert_eq!(cast_for(&ValueType::Decimal), "numeric");
        assert_eq!(cast_for(&ValueType::List(Box::new(ValueType::Uuid))), "uuid[]");
    }
}
