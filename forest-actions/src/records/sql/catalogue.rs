//! What a database says of its tables, in the terms that both engines share.
//!
//! Plain data without a connection, so that everything derived from it (keys, relations, names) is tested without a
//! database. `catalogue_sqlite` and `catalogue_postgres` fill it; `build` makes collections of it. It refuses to know
//! SQL types by name: those are resolved while it is filled.

use super::{SqlColumn, Storage};
use crate::records::model::ValueType;

/// A table or a view.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Table {
    /// The schema in which it lies; `None` for SQLite.
    pub(super) schema: Option<String>,
    /// The name.
    pub(super) name: String,
    /// Whether it is a view, materialised or not.
    pub(super) is_view: bool,
    /// The columns, in the order of the table.
    pub(super) columns: Vec<Column>,
    /// The columns of the declared key.
    pub(super) primary_key: Vec<String>,
    /// The columns of each unique index over plain columns and all rows, the key's among them or not.
    pub(super) unique: Vec<Vec<String>>,
    /// The foreign keys, in the order of their declaration.
    pub(super) foreign_keys: Vec<ForeignKey>,
}

/// A column.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Column {
    /// The name.
    pub(super) name: String,
    /// The type as the database prints it, for messages.
    pub(super) declared_type: String,
    /// What the type means; `None` for a type that the back office cannot show.
    pub(super) column_type: Option<ColumnType>,
    /// Whether a record may lack it.
    pub(super) is_nullable: bool,
    /// The SQL of its default.
    pub(super) default: Option<String>,
    /// Whether a new record gets its value from the store: a sequence, an identity, a row number.
    pub(super) is_auto_increment: bool,
    /// Whether a value may nevertheless be given, as for SQLite's `INTEGER PRIMARY KEY`.
    pub(super) accepts_values: bool,
    /// Whether the store computes it from other columns.
    pub(super) is_generated: bool,
}

/// What a column's type means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColumnType {
    /// The type of its values.
    pub(super) value_type: ValueType,
    /// The labels of an enumeration, or of the elements of a list of such.
    pub(super) enum_values: Vec<String>,
    /// How it is stored.
    pub(super) column: SqlColumn,
}

impl ColumnType {
    /// A type that PostgreSQL calls `cast`; empty for SQLite.
    pub(super) fn new(value_type: ValueType, cast: impl Into<String>) -> Self {
        Self {
            value_type,
            enum_values: Vec::new(),
            column: SqlColumn {
                cast: cast.into(),
                storage: Storage::Text,
            },
        }
    }
}

/// A foreign key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ForeignKey {
    /// The columns that refer.
    pub(super) columns: Vec<String>,
    /// The schema of the other table, as in [`Table::schema`].
    pub(super) target_schema: Option<String>,
    /// The table that is referred to.
    pub(super) target: String,
    /// Its columns, in the order of `columns`.
    pub(super) target_columns: Vec<String>,
}

impl Table {
    /// The column of that name, if the back office can show it.
    pub(super) fn usable_column(&self, name: &str) -> Option<&Column> {
        self.columns
            .iter()
            .find(|column| column.name == name && column.column_type.is_some())
    }

    /// Whether no two records have the same value in that column.
    pub(super) fn is_unique(&self, column: &str) -> bool {
        let is_this = |columns: &[String]| matches!(columns, [only] if only == column);
        is_this(&self.primary_key) || self.unique.iter().any(|columns| is_this(columns))
    }
}

/// Reads a row of a catalogue into a struct, each field from the column of its name.
macro_rules! from_row {
    ($row:ty => $name:ident { $($field:ident),+ $(,)? }) => {
        impl<'r> ::sqlx::FromRow<'r, $row> for $name {
            fn from_row(row: &'r $row) -> Result<Self, ::sqlx::Error> {
                Ok(Self { $($field: ::sqlx::Row::try_get(row, stringify!($field))?),+ })
            }
        }
    };
}
pub(super) use from_row;

/// Whether the table belongs to a tool that migrates the database.
pub(super) fn is_internal(table: &str) -> bool {
    const TABLES_OF_TOOLS: [&str; 4] = [
        "_sqlx_migrations",
        "__diesel_schema_migrations",
        "seaql_migrations",
        "refinery_schema_history",
    ];
    TABLES_OF_TOOLS.contains(&table)
}

/// A name as SQL quotes it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
pub(super) mod testing {
    //! Tables in one line each.

    use super::*;

    /// A text column that may be null.
    pub(crate) fn column(name: &str) -> Column {
        Column {
            name: name.to_owned(),
            declared_type: "text".to_owned(),
            column_type: Some(ColumnType::new(ValueType::Text, "text")),
            is_nullable: true,
            ..Column::default()
        }
    }

    /// A column that is never null.
    pub(crate) fn required(name: &str) -> Column {
        Column {
            is_nullable: false,
            ..column(name)
        }
    }

    /// A table whose key is its column `id`, if it has one.
    pub(crate) fn table(name: &str, columns: &[&str]) -> Table {
        Table {
            name: name.to_owned(),
            columns: columns.iter().map(|name| required(name)).collect(),
            primary_key: columns
                .iter()
                .filter(|name| **name == "id")
                .map(ToString::to_string)
                .collect(),
            ..Table::default()
        }
    }

    impl Table {
        /// Adds a foreign key to `target.id`.
        pub(crate) fn refers(mut self, column: &str, target: &str) -> Self {
            self.foreign_keys.push(ForeignKey {
                columns: vec![column.to_owned()],
                target_schema: self.schema.clone(),
                target: target.to_owned(),
                target_columns: vec!["id".to_owned()],
            });
            self
        }

        /// Adds a unique index.
        pub(crate) fn unique(mut self, columns: &[&str]) -> Self {
            self.unique.push(columns.iter().map(ToString::to_string).collect());
            self
        }

        /// Names the declared key.
        pub(crate) fn keyed(mut self, columns: &[&str]) -> Self {
            self.primary_key = columns.iter().map(ToString::to_string).collect();
            self
        }
    }
}
