//! The storage of columns whose declared type does not determine it, from the first values of each.
//!
//! Values that do not fit the type of their column are logged with an example, because filters do not find them.

use sea_query::Expr;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::dialect::Sqlite;
use super::types::type_of_value;
use super::{booleans, moments};
use crate::records::sql::Storage;
use crate::records::sql::catalogue::{Column, ColumnType, Table, quoted};
use crate::records::sql::engine::Dialect as _;
use crate::records::value_type::ValueType;
use crate::text::shortened;

/// Number of rows that are searched for stored values.
const SAMPLED_ROWS: u32 = 1000;

/// Finds the storage of the columns of a table, and reports their unusual values.
pub(super) async fn sample(connection: &mut SqliteConnection, table: &mut Table) -> Result<(), sqlx::Error> {
    let is_open = |column: &&mut Column| match &column.column_type {
        Some(column_type) => {
            moments::is_moment_or_day(&column_type.value_type) || column_type.value_type == ValueType::Uuid
        }
        None => column.declared_type.trim().is_empty(),
    };
    let name = table.name.clone();
    let mut open: Vec<&mut Column> = table.columns.iter_mut().filter(is_open).collect();
    let samples = open.iter().flat_map(|column| {
        let values = values_of(&name, &column.name);
        [
            format!("(SELECT typeof(v) FROM {values} LIMIT 1)"),
            format!("(SELECT {UNITS} FROM {values} WHERE typeof(v) IN ('integer', 'real'))"),
        ]
    });
    let Some(row) = select(connection, samples.collect()).await? else {
        return Ok(());
    };
    for (position, column) in open.iter_mut().enumerate() {
        let kind: Option<String> = row.try_get(2 * position)?;
        match &mut column.column_type {
            Some(column_type) => {
                let units: Option<i64> = row.try_get(2 * position + 1)?;
                column_type.column.storage = storage_of(kind.as_deref(), units.unwrap_or(0));
            }
            None => {
                let mut column_type = ColumnType::new(type_of_value(kind.as_deref()), "");
                column_type.column.is_untyped = true;
                column.column_type = Some(column_type);
            }
        }
    }
    report(connection, table).await
}

/// The first values of a column, as `v`.
fn values_of(table: &str, column: &str) -> String {
    let (table, column) = (quoted(table), quoted(column));
    format!("(SELECT v FROM (SELECT {column} AS v FROM main.{table} LIMIT {SAMPLED_ROWS}) WHERE v IS NOT NULL)")
}

/// Runs a statement of scalar subqueries. Names cannot be bound, so they are quoted.
async fn select(connection: &mut SqliteConnection, columns: Vec<String>) -> Result<Option<SqliteRow>, sqlx::Error> {
    if columns.is_empty() {
        return Ok(None);
    }
    let statement = format!("SELECT {}", columns.join(", "));
    sqlx::query(AssertSqlSafe(statement))
        .fetch_one(&mut *connection)
        .await
        .map(Some)
}

/// 1 for numbers that can only be milliseconds or smaller units, 2 for seconds of the years 2001 to 2103, 4 for Julian
/// days with a fraction.
const UNITS: &str = "max(v < -62167219200 OR v >= 253402300800) + 2 * max(v BETWEEN 1000000000 AND 4200000000) \
                     + 4 * max(typeof(v) = 'real' AND v >= 1721059.5 AND v < 5373484.5)";

fn storage_of(kind: Option<&str>, units: i64) -> Storage {
    match (units, kind) {
        // milliseconds of 1970 are as small as seconds of today
        (1 | 5, _) => Storage::Milliseconds,
        (4, _) => Storage::JulianDay,
        (_, Some("integer" | "real")) => Storage::Number,
        (_, Some("blob")) => Storage::Bytes,
        _ => Storage::Text,
    }
}

/// A kind of unusual value, for the log.
#[derive(Clone, Copy)]
enum Unusual {
    NoMoment,
    NoDay,
    NoTruthValue,
    Distant,
}

async fn report(connection: &mut SqliteConnection, table: &Table) -> Result<(), sqlx::Error> {
    let mut checks = Vec::new();
    // moments in a key are texts
    let is_part_of_key = |column: &&Column| table.primary_key.contains(&column.name);
    for column in table.columns.iter().filter(|column| !is_part_of_key(column)) {
        let Some(column_type) = &column.column_type else {
            continue;
        };
        let (value_type, value) = (&column_type.value_type, || Expr::cust("v"));
        let compared = || moments::compared(value(), value_type, column_type.column.storage);
        match value_type {
            ValueType::Instant => checks.push((
                column,
                Unusual::NoMoment,
                Expr::cust_with_exprs("? IS NULL", [compared()]),
            )),
            ValueType::Day => checks.push((column, Unusual::NoDay, Expr::cust_with_exprs("? IS NULL", [compared()]))),
            ValueType::Boolean => checks.push((column, Unusual::NoTruthValue, booleans::unreadable(value()))),
            _ => {}
        }
        if moments::is_moment_or_day(value_type) {
            let is_distant = "typeof(v) <> 'text' AND ? >= '2200' AND ? < '9999'";
            let is_distant = Expr::cust_with_exprs(is_distant, [compared(), compared()]);
            checks.push((column, Unusual::Distant, is_distant));
        }
    }
    let examples = checks.iter().map(|(column, _, test)| {
        let mut select = sea_query::Query::select();
        select.expr(test.clone());
        let (test, _) = Sqlite.build(&select);
        let test = test.strip_prefix("SELECT ").unwrap_or(&test);
        let values = values_of(&table.name, &column.name);
        format!("(SELECT CAST(v AS TEXT) FROM {values} WHERE {test} LIMIT 1)")
    });
    let Some(row) = select(connection, examples.collect()).await? else {
        return Ok(());
    };
    for (position, (column, unusual, _)) in checks.iter().enumerate() {
        // the text of bytes may be invalid
        let Ok(Some(example)) = row.try_get::<Option<String>, _>(position) else {
            continue;
        };
        let name = format!("{}.{}", shortened(&table.name), shortened(&column.name));
        let (values, consequence) = match unusual {
            Unusual::NoMoment => ("that are not moments", UNREADABLE),
            Unusual::NoDay => ("that are not days", UNREADABLE),
            Unusual::NoTruthValue => ("that are neither true nor false", UNREADABLE),
            Unusual::Distant => ("after the year 2200", DISTANT),
        };
        let example = shortened(&example);
        tracing::warn!("The column {name} has values {values}, such as {example:?}: {consequence}");
    }
    Ok(())
}

const UNREADABLE: &str = "they are shown as they are stored, and filters do not find them";

const DISTANT: &str = "if the number has another unit, set it with `storage`";
