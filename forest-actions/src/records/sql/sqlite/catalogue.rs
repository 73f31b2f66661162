//! The catalogue of SQLite, from the table functions of its pragmas.
//!
//! Where a declared type does not determine how values are stored, `sample` looks at stored values.

use sqlx::sqlite::SqliteRow;
use sqlx::{SqliteConnection, SqlitePool};

use super::sample::sample;
use super::types::declared_type;
use crate::records::error::RecordError;
use crate::records::sql::Collation;
use crate::records::sql::catalogue::{Column, ColumnType, ForeignKey, Table, from_row};

/// The tables, virtual tables and views of the main database. Views and virtual tables that cannot be read, such as a view
/// of a dropped table, are left out with a warning.
pub(super) async fn read(pool: &SqlitePool) -> Result<Vec<Table>, RecordError> {
    let mut connection = pool.acquire().await.map_err(RecordError::failed)?;
    let rows: Vec<TableRow> = sqlx::query_as(TABLES)
        .fetch_all(&mut *connection)
        .await
        .map_err(RecordError::failed)?;
    let mut tables = Vec::new();
    for row in &rows {
        match read_table(&mut connection, row).await {
            Ok(table) => tables.push(table),
            Err(cause) if row.kind == "table" => return Err(RecordError::failed(cause)),
            Err(_) => tracing::warn!(
                "Skipping the {} {}, which cannot be read",
                row.kind,
                row.name.escape_debug()
            ),
        }
    }
    resolve_targets(&mut tables);
    Ok(tables)
}

const TABLES: &str = r"
SELECT l.name, l.type AS kind, l.wr AS is_without_row_number, coalesce(s.sql, '') AS declaration
FROM pragma_table_list AS l
LEFT JOIN main.sqlite_schema AS s ON s.name = l.name AND s.type IN ('table', 'view')
WHERE l.schema = 'main' AND l.type IN ('table', 'view', 'virtual') AND l.name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY s.rowid";

struct TableRow {
    name: String,
    kind: String,
    is_without_row_number: bool,
    declaration: String,
}

from_row!(SqliteRow => TableRow { name, kind, is_without_row_number, declaration });

const COLUMNS: &str = r#"
SELECT name, type AS declared_type, "notnull" AS is_not_null, dflt_value AS default_expression, pk AS place_in_key,
       hidden IN (2, 3) AS is_generated
FROM pragma_table_xinfo(?1, 'main')
WHERE hidden <> 1
ORDER BY cid"#;

struct ColumnRow {
    name: String,
    declared_type: String,
    is_not_null: bool,
    default_expression: Option<String>,
    place_in_key: i64,
    is_generated: bool,
}

from_row!(SqliteRow => ColumnRow { name, declared_type, is_not_null, default_expression, place_in_key, is_generated });

/// The columns of the unique indexes over plain columns and all rows. An index may compare texts by another collation than
/// its column, which is not in the catalogue: such an index is left out where the table names a collation.
const INDEXES: &str = r#"
SELECT l.name AS index_name, l.origin, i.name AS column_name
FROM pragma_index_list(?1, 'main') AS l
JOIN pragma_index_xinfo(l.name, 'main') AS i
WHERE l."unique" AND NOT l.partial AND i.key
  AND NOT EXISTS (
      SELECT 1 FROM main.sqlite_schema AS t, pragma_index_xinfo(l.name, 'main') AS part
      WHERE l.origin = 'c' AND t.type = 'table' AND t.name = ?1 AND t.sql LIKE '%COLLATE%'
        AND part.key AND part.coll = 'BINARY'
  )
ORDER BY l.seq DESC, i.seqno"#;

struct IndexRow {
    index_name: String,
    origin: String,
    column_name: Option<String>,
}

from_row!(SqliteRow => IndexRow { index_name, origin, column_name });

const FOREIGN_KEYS: &str = r#"
SELECT id, "table" AS target, "from" AS column_name, "to" AS target_column,
       on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT') AS cascades
FROM pragma_foreign_key_list(?1, 'main')
ORDER BY id DESC, seq"#;

struct ForeignKeyRow {
    id: i64,
    target: String,
    column_name: String,
    target_column: Option<String>,
    cascades: bool,
}

from_row!(SqliteRow => ForeignKeyRow { id, target, column_name, target_column, cascades });

async fn read_table(connection: &mut SqliteConnection, row: &TableRow) -> Result<Table, sqlx::Error> {
    let columns: Vec<ColumnRow> = sqlx::query_as(COLUMNS)
        .bind(&row.name)
        .fetch_all(&mut *connection)
        .await?;
    let indexes: Vec<IndexRow> = sqlx::query_as(INDEXES)
        .bind(&row.name)
        .fetch_all(&mut *connection)
        .await?;
    let foreign_keys: Vec<ForeignKeyRow> = sqlx::query_as(FOREIGN_KEYS)
        .bind(&row.name)
        .fetch_all(&mut *connection)
        .await?;

    let mut key: Vec<&ColumnRow> = columns.iter().filter(|column| column.place_in_key > 0).collect();
    key.sort_by_key(|column| column.place_in_key);
    let primary_key: Vec<String> = key.iter().map(|column| column.name.clone()).collect();
    // an INTEGER PRIMARY KEY is the row number, unless it has an index
    let has_key_index = indexes.iter().any(|index| index.origin == "pk");
    let row_number = match key.as_slice() {
        [only]
            if only.declared_type.eq_ignore_ascii_case("INTEGER") && !row.is_without_row_number && !has_key_index =>
        {
            Some(only.name.clone())
        }
        _ => None,
    };
    let declaration = row.declaration.to_ascii_uppercase();
    let is_sequence = declaration.contains("AUTOINCREMENT");
    // no pragma has the collation of a column
    let collation = declaration.contains("COLLATE").then_some(Collation {
        name: None,
        is_deterministic: false,
    });
    let mut table = Table {
        schema: None,
        name: row.name.clone(),
        is_view: row.kind == "view",
        is_external: row.kind == "virtual",
        is_inherited: false,
        columns: columns
            .iter()
            .map(|column| {
                let is_row_number = row_number.as_ref() == Some(&column.name);
                Column {
                    name: column.name.clone(),
                    declared_type: column.declared_type.clone(),
                    column_type: declared_type(&column.declared_type).map(|value_type| {
                        let mut column_type = ColumnType::new(value_type, "");
                        column_type.column.collation.clone_from(&collation);
                        column_type
                    }),
                    // even a part of the key, unless declared otherwise
                    is_nullable: !(column.is_not_null
                        || is_row_number
                        || (column.place_in_key > 0 && row.is_without_row_number)),
                    is_dynamic: !is_row_number,
                    default: column.default_expression.clone(),
                    is_auto_increment: is_row_number,
                    accepts_values: is_row_number && !is_sequence,
                    is_generated: column.is_generated,
                }
            })
            .collect(),
        primary_key,
        unique: unique_columns(indexes),
        foreign_keys: foreign_keys_of(foreign_keys),
    };
    sample(connection, &mut table).await?;
    Ok(table)
}

fn unique_columns(rows: Vec<IndexRow>) -> Vec<Vec<String>> {
    let mut indexes: Vec<(String, Vec<Option<String>>)> = Vec::new();
    for row in rows {
        match indexes.last_mut() {
            Some((name, columns)) if *name == row.index_name => columns.push(row.column_name),
            _ => indexes.push((row.index_name, vec![row.column_name])),
        }
    }
    indexes
        .into_iter()
        // an expression has no name
        .filter_map(|(_, columns)| columns.into_iter().collect())
        .collect()
}

/// Target columns that are not declared stay empty.
fn foreign_keys_of(rows: Vec<ForeignKeyRow>) -> Vec<ForeignKey> {
    let mut keys: Vec<(i64, ForeignKey)> = Vec::new();
    for row in rows {
        if keys.last().is_none_or(|(id, _)| *id != row.id) {
            keys.push((
                row.id,
                ForeignKey {
                    target: row.target,
                    cascades: row.cascades,
                    ..ForeignKey::default()
                },
            ));
        }
        if let Some((_, key)) = keys.last_mut() {
            key.columns.push(row.column_name);
            key.target_columns.extend(row.target_column);
        }
    }
    keys.into_iter().map(|(_, key)| key).collect()
}

/// Corrects the case of names, which SQLite ignores, and adds the target's key to foreign keys without target columns.
fn resolve_targets(tables: &mut [Table]) {
    let known: Vec<(String, Vec<String>, Vec<String>)> = tables
        .iter()
        .map(|table| {
            let columns = table.columns.iter().map(|column| column.name.clone()).collect();
            (table.name.clone(), columns, table.primary_key.clone())
        })
        .collect();
    let own_spelling = |names: &[String], name: &mut String| {
        if let Some(spelled) = names.iter().find(|other| other.eq_ignore_ascii_case(name)) {
            name.clone_from(spelled);
        }
    };
    for table in tables {
        let own: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        for key in &mut table.foreign_keys {
            key.columns.iter_mut().for_each(|column| own_spelling(&own, column));
            let Some((name, columns, primary_key)) =
                known.iter().find(|(name, _, _)| name.eq_ignore_ascii_case(&key.target))
            else {
                continue;
            };
            key.target.clone_from(name);
            if key.target_columns.is_empty() {
                key.target_columns.clone_from(primary_key);
            }
            key.target_columns
                .iter_mut()
                .for_each(|column| own_spelling(columns, column));
        }
    }
}
