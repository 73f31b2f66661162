//! The catalogue of a database in engine-neutral terms, and the collections that follow from it.
//!
//! Plain data, so that keys, relations and names are tested without a database. An engine reads its catalogue into
//! [`Table`]s and resolves its types.

mod collections;
mod defaults;
mod inflection;
mod keys;
mod relations;
#[cfg(test)]
mod relations_tests;

use std::fmt;

use super::SqlColumn;
use crate::records::value_type::ValueType;

pub(super) use self::collections::{collections_of, mark_foreign_keys, require};

/// A table or a view.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Table {
    /// The schema that contains it; `None` for SQLite.
    pub(super) schema: Option<String>,
    pub(super) name: String,
    /// Including materialised views.
    pub(super) is_view: bool,
    /// A foreign or a virtual table. Like those of a view, its values are not constrained by the database.
    pub(super) is_external: bool,
    /// The tables that inherit from it have records of their own, to which its key does not apply.
    pub(super) is_inherited: bool,
    /// In the order of the table.
    pub(super) columns: Vec<Column>,
    /// The columns of the declared key, which is unique.
    pub(super) primary_key: Vec<String>,
    /// The columns of each unique index over plain columns and all rows, with or without the key's.
    pub(super) unique: Vec<Vec<String>>,
    /// In the order of their declaration.
    pub(super) foreign_keys: Vec<ForeignKey>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    /// As the database prints it, for messages.
    pub(super) declared_type: String,
    /// `None` for a type that the back office cannot show.
    pub(super) column_type: Option<ColumnType>,
    pub(super) is_nullable: bool,
    /// It accepts values of other types.
    pub(super) is_dynamic: bool,
    /// The SQL of its default.
    pub(super) default: Option<String>,
    /// Filled by a sequence, an identity or a row number.
    pub(super) is_auto_increment: bool,
    /// Auto-increment columns may accept a value, as SQLite's `INTEGER PRIMARY KEY` does.
    pub(super) accepts_values: bool,
    /// Computed by the database from other columns.
    pub(super) is_generated: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColumnType {
    pub(super) value_type: ValueType,
    /// The labels of an enumeration or of a list's elements.
    pub(super) enum_values: Vec<String>,
    pub(super) column: SqlColumn,
}

impl ColumnType {
    /// `cast` as in [`SqlColumn`].
    pub(super) fn new(value_type: ValueType, cast: impl Into<String>) -> Self {
        Self {
            value_type,
            enum_values: Vec::new(),
            column: SqlColumn {
                cast: cast.into(),
                ..SqlColumn::default()
            },
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ForeignKey {
    /// The referring columns.
    pub(super) columns: Vec<String>,
    /// The schema of the other table, as in [`Table::schema`].
    pub(super) target_schema: Option<String>,
    pub(super) target: String,
    /// In the order of `columns`.
    pub(super) target_columns: Vec<String>,
    /// The database deletes or empties the row with the one that it refers to.
    pub(super) cascades: bool,
}

impl Table {
    /// The column with this name, if the back office can show it.
    pub(super) fn usable_column(&self, name: &str) -> Option<&Column> {
        self.columns
            .iter()
            .find(|column| column.name == name && column.column_type.is_some())
    }

    /// The word for it in messages.
    pub(super) fn kind(&self) -> &'static str {
        if self.is_view { "view" } else { "table" }
    }

    /// True if the column alone identifies records.
    pub(super) fn is_unique(&self, column: &str) -> bool {
        self.are_unique(&[column])
    }

    /// True if these columns, in any order, identify records.
    pub(super) fn are_unique<S: AsRef<str>>(&self, columns: &[S]) -> bool {
        let are_these = |unique: &[String]| {
            unique.len() == columns.len()
                && columns
                    .iter()
                    .all(|column| unique.iter().any(|part| part == column.as_ref()))
        };
        are_these(&self.primary_key) || self.unique.iter().any(|unique| are_these(unique))
    }
}

/// A part of the database that is left out of the collections.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Omission {
    #[error("Skipping column {}.{} (Unsupported type: {})", .table.escape_debug(), .column.escape_debug(), .declared_type.escape_debug())]
    Column {
        table: String,
        column: String,
        declared_type: String,
    },
    #[error("Skipping a table without a name")]
    UnnamedTable,
    #[error("Skipping a column of {} without a name", .table.escape_debug())]
    UnnamedColumn { table: String },
    #[error("The {kind} {} has no key{reason}: its records have no id and cannot be selected", .table.escape_debug())]
    Key {
        kind: &'static str,
        table: String,
        reason: NoKey,
    },
    #[error(
        "The {kind} {} is taken to have the key {}: where two records share it, or it is null, they cannot be selected",
        .table.escape_debug(), .column.escape_debug()
    )]
    GuessedKey {
        kind: &'static str,
        table: String,
        column: String,
    },
    #[error("Skipping the foreign key {}({}) to {} ({reason})", .table.escape_debug(), .columns.join(", ").escape_debug(), .target.escape_debug())]
    ForeignKey {
        table: String,
        columns: Vec<String>,
        target: String,
        reason: NoRelation,
    },
}

/// Why a table has no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoKey {
    /// Neither a primary key nor a unique index over columns that are never null.
    NotDeclared,
    Inherited,
    /// A part of the declared key has a type that cannot be in an id.
    Type {
        column: String,
        declared_type: String,
    },
}

impl fmt::Display for NoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDeclared => Ok(()),
            Self::Inherited => f.write_str(", since the tables that inherit from it may repeat its own"),
            Self::Type { column, declared_type } => write!(
                f,
                ", since {} of type {} cannot be in an id",
                column.escape_debug(),
                declared_type.escape_debug()
            ),
        }
    }
}

/// Why a foreign key makes no relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoRelation {
    #[error("it leads to another schema")]
    OtherSchema,
    #[error("that table is not read")]
    UnreadTable,
    #[error("a column of it is not read")]
    UnreadColumn,
    #[error("several records may have the same value there")]
    NotUnique,
    #[error("it has several columns, and that table has no key")]
    NoKey,
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

/// Recognises the tables of migration tools.
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
                cascades: false,
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
