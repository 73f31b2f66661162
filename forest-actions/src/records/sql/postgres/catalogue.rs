//! The catalogue of PostgreSQL, from `pg_catalog` in seven statements for any number of tables.
//!
//! The views of the information schema would hide keys from a role that may only read.

use std::collections::HashMap;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool};

use super::types::built_in_type;
use crate::records::error::RecordError;
use crate::records::sql::catalogue::{Column, ColumnType, ForeignKey, Table, from_row, quoted};
use crate::records::sql::{Collation, SqlColumn};
use crate::records::value_type::ValueType;

/// The tables, views, materialised views and foreign tables of a schema that the current role may read, without partitions
/// (their records are those of the parent) and tables of extensions.
pub(super) async fn read(pool: &PgPool, schema: &str) -> Result<Vec<Table>, RecordError> {
    let mut connection = pool.acquire().await.map_err(RecordError::failed)?;
    let connection = &mut *connection;
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)")
        .bind(schema)
        .fetch_one(&mut *connection)
        .await
        .map_err(RecordError::failed)?;
    if !exists {
        return Err(RecordError::unsupported(format!(
            "the database has no schema `{}`",
            schema.escape_debug()
        )));
    }
    read_rows(connection, schema).await.map_err(RecordError::failed)
}

async fn read_rows(connection: &mut PgConnection, schema: &str) -> Result<Vec<Table>, sqlx::Error> {
    let types = Types::read(connection).await?;
    let columns: Vec<ColumnRow> = sqlx::query_as(COLUMNS).bind(schema).fetch_all(&mut *connection).await?;
    let indexes: Vec<IndexRow> = sqlx::query_as(INDEXES).bind(schema).fetch_all(&mut *connection).await?;
    let foreign_keys: Vec<ForeignKeyRow> = sqlx::query_as(FOREIGN_KEYS)
        .bind(schema)
        .fetch_all(&mut *connection)
        .await?;

    let mut tables: Vec<Table> = Vec::new();
    for row in columns {
        if tables.last().is_none_or(|table| table.name != row.table_name) {
            tables.push(Table {
                schema: Some(schema.to_owned()),
                name: row.table_name.clone(),
                is_view: row.is_view,
                is_external: row.is_foreign,
                is_inherited: row.is_inherited,
                ..Table::default()
            });
        }
        if let Some(table) = tables.last_mut() {
            table.columns.push(row.into_column(&types));
        }
    }
    let by_name: HashMap<String, usize> = tables
        .iter()
        .enumerate()
        .map(|(index, table)| (table.name.clone(), index))
        .collect();
    let find = |name: &str| by_name.get(name).copied();
    for row in indexes {
        if let Some(table) = find(&row.table_name).and_then(|index| tables.get_mut(index)) {
            if row.is_primary {
                table.primary_key = row.columns;
            } else {
                table.unique.push(row.columns);
            }
        }
    }
    for row in foreign_keys {
        if let Some(table) = find(&row.table_name).and_then(|index| tables.get_mut(index)) {
            table.foreign_keys.push(ForeignKey {
                columns: row.columns,
                target_schema: Some(row.target_schema),
                target: row.target,
                target_columns: row.target_columns,
                cascades: row.cascades,
            });
        }
    }
    Ok(tables)
}

/// The columns of the tables and views of schema `$1`, table by table.
const COLUMNS: &str = "
SELECT c.relname::text AS table_name,
       c.relkind IN ('v', 'm') AS is_view,
       c.relkind = 'f' AS is_foreign,
       EXISTS (
           SELECT FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class child ON child.oid = h.inhrelid
           WHERE h.inhparent = c.oid AND NOT child.relispartition
       ) AS is_inherited,
       a.attname::text AS name,
       a.atttypid::int8 AS type_id,
       a.attcollation::int8 AS collation_id,
       a.attnotnull AS is_not_null,
       a.attidentity <> '' AS is_identity,
       a.attgenerated <> '' AS is_generated,
       pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS default_expression
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE n.nspname = $1
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND NOT c.relispartition
  AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend e
      WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
  )
ORDER BY c.relname, a.attnum";

struct ColumnRow {
    table_name: String,
    is_view: bool,
    is_foreign: bool,
    is_inherited: bool,
    name: String,
    type_id: i64,
    collation_id: i64,
    is_not_null: bool,
    is_identity: bool,
    is_generated: bool,
    default_expression: Option<String>,
}

from_row!(PgRow => ColumnRow { table_name, is_view, is_foreign, is_inherited, name, type_id, collation_id, is_not_null, is_identity, is_generated, default_expression });

impl ColumnRow {
    fn into_column(self, types: &Types) -> Column {
        let mut declared = types.resolve(self.type_id);
        if let Some(column_type) = &mut declared.column_type
            && !matches!(column_type.value_type, ValueType::List(_))
        {
            column_type.column.collation = types.collations.get(&self.collation_id).cloned();
        }
        let default = self.default_expression.or(declared.default);
        let is_sequence = default
            .as_deref()
            .is_some_and(|default| default.starts_with("nextval("));
        Column {
            name: self.name,
            declared_type: declared.name,
            column_type: declared.column_type,
            is_nullable: !self.is_not_null && !declared.is_not_null,
            is_dynamic: false,
            is_auto_increment: self.is_identity || is_sequence,
            accepts_values: false,
            is_generated: self.is_generated,
            default,
        }
    }
}

/// The keys and unique indexes of schema `$1` over plain columns and all rows, which compare as their columns do. Those of a
/// table from which others inherit do not apply to the records of these.
const INDEXES: &str = "
SELECT c.relname::text AS table_name, i.indisprimary AS is_primary, k.columns
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT pg_catalog.array_agg(a.attname::text ORDER BY key.place) AS columns,
           pg_catalog.bool_and(key.collation_id IN (0, a.attcollation)) AS has_their_collations
    FROM ROWS FROM (pg_catalog.unnest(i.indkey::int2[]), pg_catalog.unnest(i.indcollation::oid[]))
        WITH ORDINALITY AS key (number, collation_id, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = key.number
    WHERE key.place <= i.indnkeyatts
) k
WHERE n.nspname = $1
  AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
  AND k.has_their_collations
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class child ON child.oid = h.inhrelid
      WHERE h.inhparent = c.oid AND NOT child.relispartition
  )
ORDER BY c.relname, i.indexrelid";

struct IndexRow {
    table_name: String,
    is_primary: bool,
    columns: Vec<String>,
}

from_row!(PgRow => IndexRow { table_name, is_primary, columns });

/// The foreign keys of schema `$1`, without their copies in partitions.
const FOREIGN_KEYS: &str = "
SELECT c.relname::text AS table_name, k.columns, tn.nspname::text AS target_schema, t.relname::text AS target,
       k.target_columns, f.confdeltype IN ('c', 'n', 'd') AS cascades
FROM pg_catalog.pg_constraint f
JOIN pg_catalog.pg_class c ON c.oid = f.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = f.confrelid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
CROSS JOIN LATERAL (
    SELECT pg_catalog.array_agg(a.attname::text ORDER BY key.place) AS columns,
           pg_catalog.array_agg(ta.attname::text ORDER BY key.place) AS target_columns
    FROM ROWS FROM (pg_catalog.unnest(f.conkey), pg_catalog.unnest(f.confkey))
        WITH ORDINALITY AS key (number, target_number, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = key.number
    JOIN pg_catalog.pg_attribute ta ON ta.attrelid = f.confrelid AND ta.attnum = key.target_number
) k
WHERE f.contype = 'f' AND f.conparentid = 0 AND n.nspname = $1 AND k.columns IS NOT NULL
ORDER BY c.relname, f.oid";

struct ForeignKeyRow {
    table_name: String,
    columns: Vec<String>,
    target_schema: String,
    target: String,
    target_columns: Vec<String>,
    cascades: bool,
}

from_row!(PgRow => ForeignKeyRow { table_name, columns, target_schema, target, target_columns, cascades });

/// The types of the database by id.
struct Types {
    by_id: HashMap<i64, TypeRow>,
    labels: HashMap<i64, Vec<String>>,
    collations: HashMap<i64, Collation>,
}

const COLLATIONS: &str = "
SELECT c.oid::int8 AS id, n.nspname::text AS schema, c.collname::text AS name, c.collisdeterministic AS is_deterministic,
       pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS is_usable
FROM pg_catalog.pg_collation c
JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
WHERE c.oid IN (SELECT attcollation FROM pg_catalog.pg_attribute)";

struct CollationRow {
    id: i64,
    schema: String,
    name: String,
    is_deterministic: bool,
    is_usable: bool,
}

from_row!(PgRow => CollationRow { id, schema, name, is_deterministic, is_usable });

impl CollationRow {
    fn into_collation(self) -> Collation {
        let name = match self.is_usable {
            true => format!("{}.{}", quoted(&self.schema), quoted(&self.name)),
            // cannot be named: the rule of the database
            false => "pg_catalog.\"default\"".to_owned(),
        };
        Collation {
            name: Some(name),
            is_deterministic: self.is_deterministic,
        }
    }
}

const TYPES: &str = "
SELECT t.oid::int8 AS id, n.nspname::text AS schema, t.typname::text AS name, t.typtype::text AS kind,
       t.typcategory = 'A' AND t.typelem <> 0 AS is_array, t.typelem::int8 AS element,
       t.typbasetype::int8 AS base, t.typnotnull AS is_not_null, t.typdefault AS default_expression,
       pg_catalog.format_type(t.oid, NULL) AS printed,
       pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS is_usable
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace";

struct TypeRow {
    id: i64,
    schema: String,
    name: String,
    kind: String,
    is_array: bool,
    element: i64,
    base: i64,
    is_not_null: bool,
    default_expression: Option<String>,
    printed: String,
    /// Statements of the role can name it.
    is_usable: bool,
}

from_row!(PgRow => TypeRow { id, schema, name, kind, is_array, element, base, is_not_null, default_expression, printed, is_usable });

/// A declared type with the constraints and default of its domains.
#[derive(Default)]
struct Declared {
    name: String,
    column_type: Option<ColumnType>,
    is_not_null: bool,
    default: Option<String>,
}

impl Types {
    async fn read(connection: &mut PgConnection) -> Result<Self, sqlx::Error> {
        let rows: Vec<TypeRow> = sqlx::query_as(TYPES).fetch_all(&mut *connection).await?;
        let labels: Vec<(i64, String)> =
            sqlx::query_as("SELECT enumtypid::int8, enumlabel::text FROM pg_catalog.pg_enum ORDER BY enumsortorder")
                .fetch_all(&mut *connection)
                .await?;
        let mut types = Self {
            by_id: rows.into_iter().map(|row| (row.id, row)).collect(),
            labels: HashMap::new(),
            collations: HashMap::new(),
        };
        let collations: Vec<CollationRow> = sqlx::query_as(COLLATIONS).fetch_all(&mut *connection).await?;
        types.collations = collations
            .into_iter()
            .map(|row| (row.id, row.into_collation()))
            .collect();
        for (id, label) in labels {
            types.labels.entry(id).or_default().push(label);
        }
        Ok(types)
    }

    fn resolve(&self, id: i64) -> Declared {
        let Some(mut row) = self.by_id.get(&id) else {
            return Declared::default();
        };
        let mut declared = Declared {
            name: row.printed.clone(),
            ..Declared::default()
        };
        while row.kind == "d" {
            declared.is_not_null |= row.is_not_null;
            // the outermost default wins
            declared.default = declared.default.or_else(|| row.default_expression.clone());
            let Some(base) = self.by_id.get(&row.base) else {
                return declared;
            };
            row = base;
        }
        declared.column_type = self.column_type(row);
        if let Some(column_type) = &mut declared.column_type
            && row.id != id
            && row.kind == "e"
        {
            let column = &mut column_type.column;
            column.base.get_or_insert_with(|| column.cast.clone());
        }
        declared
    }

    /// The meaning of a type that is not a domain.
    fn column_type(&self, row: &TypeRow) -> Option<ColumnType> {
        if row.kind == "e" {
            return Some(ColumnType {
                enum_values: self.labels.get(&row.id).cloned().unwrap_or_default(),
                ..of_type(ValueType::Enum, row)
            });
        }
        if row.is_array {
            let element = self.resolve(row.element).column_type?;
            let cast = format!("{}[]", element.column.cast);
            let is_domain = self.by_id.get(&row.element).is_some_and(|element| element.kind == "d");
            // `int2vector` is not a list of its elements either
            let is_other = is_domain || element.column.base.is_some() || !row.printed.ends_with("[]");
            return Some(ColumnType {
                value_type: ValueType::List(Box::new(element.value_type)),
                column: SqlColumn {
                    base: is_other.then(|| cast.clone()),
                    cast,
                    ..SqlColumn::default()
                },
                ..element
            });
        }
        let value_type = match row.schema.as_str() {
            "pg_catalog" => built_in_type(&row.printed)?,
            // text that compares without case; the only common extension type that behaves as text
            _ if row.name == "citext" => ValueType::Text,
            _ => return None,
        };
        Some(of_type(value_type, row))
    }
}

/// Values of a type that statements cannot name are compared as texts.
fn of_type(value_type: ValueType, row: &TypeRow) -> ColumnType {
    if row.is_usable {
        return ColumnType::new(value_type, cast_of(row));
    }
    let mut column_type = ColumnType::new(value_type, "text");
    column_type.column.base = Some("text".to_owned());
    column_type
}

/// The name of the type in a cast, independent of the search path.
fn cast_of(row: &TypeRow) -> String {
    if row.schema == "pg_catalog" {
        return row.name.clone();
    }
    format!("{}.{}", quoted(&row.schema), quoted(&row.name))
}
