//! Kinds of PostgreSQL types, and how a column of each is read and sorted.

use sea_query::{Expr, Func};

use crate::records::sql::statement::Column;
use crate::records::value_type::ValueType;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IntegerSize {
    Small,
    Medium,
    Large,
}

/// The types that statements treat differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Integer(IntegerSize),
    Numeric,
    Double,
    Real,
    Text,
    /// Compared without trailing blanks.
    Padded,
    /// Text of the extension `citext`.
    CaseIgnoring,
    Boolean,
    Instant,
    LocalInstant,
    Day,
    Time,
    Uuid,
    Json,
    BinaryJson,
    Bytes,
    List(Box<Kind>),
    Other,
}

impl Kind {
    pub(super) fn of(column: &Column<'_>) -> Self {
        Self::of_type(&column.stored.cast)
    }

    fn of_type(cast: &str) -> Self {
        if let Some(element) = cast.strip_suffix("[]") {
            return Self::List(Box::new(Self::of_type(element)));
        }
        match cast {
            "int2" | "smallint" => Self::Integer(IntegerSize::Small),
            "int4" | "integer" | "int" => Self::Integer(IntegerSize::Medium),
            "int8" | "bigint" => Self::Integer(IntegerSize::Large),
            "numeric" | "decimal" => Self::Numeric,
            "float8" | "double precision" => Self::Double,
            "float4" | "real" => Self::Real,
            "text" | "varchar" | "character varying" | "name" => Self::Text,
            "bpchar" | "char" | "character" => Self::Padded,
            "bool" | "boolean" => Self::Boolean,
            "timestamptz" | "timestamp with time zone" => Self::Instant,
            "timestamp" | "timestamp without time zone" => Self::LocalInstant,
            "date" => Self::Day,
            "time" | "time without time zone" => Self::Time,
            "uuid" => Self::Uuid,
            "json" => Self::Json,
            "jsonb" => Self::BinaryJson,
            "bytea" => Self::Bytes,
            other
                if other
                    .rsplit('.')
                    .next()
                    .is_some_and(|name| name.trim_matches('"') == "citext") =>
            {
                Self::CaseIgnoring
            }
            _ => Self::Other,
        }
    }
}

/// The expression to select, and whether its integers are given as text. Types that the driver cannot decode are read as
/// text, and so are instants, for which the driver has no infinity.
pub(super) fn read(column: &Column<'_>) -> (Expr, bool) {
    let plain = || column.expr.clone();
    let as_type = |name: &str| cast(column.expr.clone(), name);
    if column.field.is_computed {
        match &column.field.value_type {
            ValueType::Integer => return (as_type("int8"), false),
            ValueType::Boolean => return (as_type("bool"), false),
            ValueType::Text | ValueType::Enum | ValueType::Decimal | ValueType::Json | ValueType::Point => {
                return (as_type("text"), false);
            }
            _ => {}
        }
    }
    // `to_char` has nothing for infinity, no era, and takes a day as a moment, which ends before the last days
    let formatted = |calendar: Expr, end: &'static str, format: &'static str| -> Expr {
        let constant = |text: &'static str| Expr::Constant(text.into());
        Expr::cust_with_exprs(
            "CASE WHEN $1 >= '0001-01-01' AND $2 < $3 THEN to_char($4, $5) ELSE CAST($6 AS text) END",
            [
                calendar.clone(),
                calendar.clone(),
                constant(end),
                calendar.clone(),
                constant(format),
                calendar,
            ],
        )
    };
    let expr = match Kind::of(column) {
        Kind::Integer(size) => return (plain(), size == IntegerSize::Large),
        Kind::Double | Kind::Real | Kind::Boolean | Kind::Uuid | Kind::Bytes => plain(),
        Kind::Text | Kind::Padded => plain(),
        Kind::Instant => formatted(at_utc(plain()), "infinity", INSTANT_FORMAT),
        Kind::LocalInstant => formatted(plain(), "infinity", INSTANT_FORMAT),
        Kind::Day => formatted(plain(), "10000-01-01", "YYYY-MM-DD"),
        Kind::List(element) => {
            // JSON numbers would lose digits
            let list = match *element {
                Kind::Numeric | Kind::Integer(IntegerSize::Large) => as_type("text[]"),
                _ => plain(),
            };
            cast(Func::cust("to_jsonb").arg(list).into(), "text")
        }
        Kind::Numeric | Kind::CaseIgnoring | Kind::Time | Kind::Json | Kind::BinaryJson | Kind::Other => {
            as_type("text")
        }
    };
    (expr, false)
}

const INSTANT_FORMAT: &str = "YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"";

/// The column in a type that operators accept.
pub(super) fn operand(column: &Column<'_>) -> Expr {
    match &column.stored.base {
        Some(base) => cast(column.expr.clone(), base),
        None => column.expr.clone(),
    }
}

/// The collation of the database, by which different texts are never equal.
const DEFAULT_COLLATION: &str = "pg_catalog.\"default\"";

/// The column as a text that can be matched with a pattern, which a collation that ignores differences does not allow.
pub(super) fn as_text(column: &Column<'_>) -> Expr {
    let text = match Kind::of(column) {
        Kind::Text | Kind::CaseIgnoring => operand(column),
        _ => cast(column.expr.clone(), "text"),
    };
    match &column.stored.collation {
        Some(collation) if !collation.is_deterministic => collate(text, DEFAULT_COLLATION),
        None if column.field.is_computed => collate(text, DEFAULT_COLLATION),
        _ => text,
    }
}

fn collate(text: Expr, collation: &str) -> Expr {
    // a name in quotes has no placeholder
    Expr::cust_with_exprs(format!("($1 COLLATE {collation})"), [text])
}

/// Both sides of the comparison of a relation. Columns of types without a common operator are compared as texts.
pub(super) fn linked(left: &Column<'_>, right: &Column<'_>, referenced: &Column<'_>) -> (Expr, Expr) {
    let (mut one, mut other) = (operand(left), operand(right));
    if !have_operator(left, right) {
        one = cast(one, "text");
        other = cast(other, "text");
    }
    if let (Some(of_left), Some(of_right)) = (&left.stored.collation, &right.stored.collation)
        && of_left != of_right
    {
        let rule = referenced.stored.collation.as_ref();
        let rule = rule.and_then(|collation| collation.name.as_deref());
        one = collate(one, rule.unwrap_or(DEFAULT_COLLATION));
    }
    (one, other)
}

fn have_operator(left: &Column<'_>, right: &Column<'_>) -> bool {
    match (Kind::of(left), Kind::of(right)) {
        (
            Kind::Integer(_) | Kind::Numeric | Kind::Double | Kind::Real,
            Kind::Integer(_) | Kind::Numeric | Kind::Double | Kind::Real,
        )
        | (Kind::Text | Kind::Padded | Kind::CaseIgnoring, Kind::Text | Kind::Padded | Kind::CaseIgnoring)
        | (Kind::Instant | Kind::LocalInstant | Kind::Day, Kind::Instant | Kind::LocalInstant | Kind::Day) => true,
        (Kind::Json, _) | (_, Kind::Json) => false,
        (left_kind, right_kind) => left_kind == right_kind && left.stored.cast == right.stored.cast,
    }
}

pub(super) fn cast(expr: Expr, name: &str) -> Expr {
    // names from the catalogue are quoted where necessary
    Func::cast_as(expr, name.to_owned()).into()
}

/// An instant as local time in UTC.
pub(super) fn at_utc(instant: Expr) -> Expr {
    Expr::cust_with_exprs("($1 AT TIME ZONE 'UTC')", [instant])
}

impl IntegerSize {
    pub(super) fn fits(self, number: i64) -> bool {
        match self {
            Self::Small => i16::try_from(number).is_ok(),
            Self::Medium => i32::try_from(number).is_ok(),
            Self::Large => true,
        }
    }
}
