//! Collections from tables: fields, keys, relations.

use std::collections::HashMap;

use super::defaults::{self, ColumnDefault};
use super::keys::{TableKey, key_of};
use super::relations::relations_of;
use super::{Column, ColumnType, Omission, Table, is_internal};
use crate::records::model::{CollectionModel, FieldModel};
use crate::records::sql::cascades::cascades_of;
use crate::records::sql::{SqlCollection, SqlColumn};
use crate::schema::{Relationship, Validation};

pub(crate) fn collections_of(mut tables: Vec<Table>, omissions: &mut Vec<Omission>) -> Vec<SqlCollection> {
    tables.retain(|table| !is_internal(&table.name));
    leave_out_unnamed(&mut tables, omissions);
    let relations = relations_of(&tables, omissions);
    let cascades: Vec<_> = tables.iter().map(|table| cascades_of(table, &tables)).collect();
    tables
        .into_iter()
        .zip(relations)
        .zip(cascades)
        .map(|((table, relations), cascades)| {
            let mut collection = collection_of(table, omissions);
            collection.model.relations = relations;
            collection.cascades = cascades;
            mark_foreign_keys(&mut collection.model);
            collection
        })
        .collect()
}

/// SQLite accepts an empty name, which no parameter of a request can have.
fn leave_out_unnamed(tables: &mut Vec<Table>, omissions: &mut Vec<Omission>) {
    tables.retain(|table| {
        if table.name.is_empty() {
            omissions.push(Omission::UnnamedTable);
        }
        !table.name.is_empty()
    });
    for table in tables {
        let count = table.columns.len();
        table.columns.retain(|column| !column.name.is_empty());
        if table.columns.len() < count {
            omissions.push(Omission::UnnamedColumn {
                table: table.name.clone(),
            });
        }
    }
}

fn collection_of(table: Table, omissions: &mut Vec<Omission>) -> SqlCollection {
    let mut model = CollectionModel::new(&table.name);
    model.is_read_only = table.is_view;
    match key_of(&table) {
        TableKey::Certain(names) => model.key = names,
        TableKey::Guessed(column) => {
            omissions.push(Omission::GuessedKey {
                kind: table.kind(),
                table: table.name.clone(),
                column: column.clone(),
            });
            model.key = vec![column];
            model.key_may_repeat = true;
        }
        TableKey::None(reason) => omissions.push(Omission::Key {
            kind: table.kind(),
            table: table.name.clone(),
            reason,
        }),
    }
    let managed = managed_timestamps(&table);
    let mut columns = HashMap::new();
    for column in &table.columns {
        let Some(column_type) = &column.column_type else {
            omissions.push(Omission::Column {
                table: table.name.clone(),
                column: column.name.clone(),
                declared_type: column.declared_type.clone(),
            });
            continue;
        };
        columns.insert(
            column.name.clone(),
            SqlColumn {
                is_unique: table.is_unique(&column.name),
                ..column_type.column.clone()
            },
        );
        let mut field = field_of(column, column_type);
        if model.key.contains(&field.name) {
            field.default_value = serde_json::Value::Null;
        }
        if table.is_view {
            field.is_read_only = true;
        } else if is_required(&table, column, column_type) && !managed.contains(&column.name.as_str()) {
            require(&mut field);
        }
        model.fields.push(field);
    }
    SqlCollection {
        model,
        schema: table.schema,
        columns,
        cascades: Vec::new(),
    }
}

fn field_of(column: &Column, column_type: &ColumnType) -> FieldModel {
    let mut field = FieldModel::new(&column.name, column_type.value_type.clone());
    field.enum_values = column_type.enum_values.clone();
    field.enum_values.sort();
    field.is_nullable = column.is_nullable;
    field.is_dynamic = column.is_dynamic;
    field.is_read_only = column.is_generated || (column.is_auto_increment && !column.accepts_values);
    if !column.is_generated && !column.is_auto_increment {
        let default = defaults::read(column.default.as_deref(), &column_type.value_type);
        if let ColumnDefault::Constant(value) = default {
            field.default_value = value;
        }
    }
    field
}

/// True if a new record needs a value for the column. A constant default does not make it optional, because the back
/// office fills it in.
fn is_required(table: &Table, column: &Column, column_type: &ColumnType) -> bool {
    let default = defaults::read(column.default.as_deref(), &column_type.value_type);
    let is_needed = !column.is_nullable || table.primary_key.contains(&column.name);
    is_needed && !column.is_auto_increment && !column.is_generated && default != ColumnDefault::Computed
}

/// Makes a field required, with the validation that the back office runs.
pub(crate) fn require(field: &mut FieldModel) {
    field.is_required = true;
    if field.validations.iter().all(|known| known.rule != "is present") {
        field
            .validations
            .push(Validation::new("is present").message("Field is required"));
    }
}

/// The columns in which data layers store the times of creation and update, if the table has both.
fn managed_timestamps(table: &Table) -> Vec<&str> {
    let find = |names: [&str; 2]| {
        table
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .find(|name| names.contains(name))
    };
    match (find(["createdAt", "created_at"]), find(["updatedAt", "updated_at"])) {
        (Some(created), Some(updated)) => vec![created, updated],
        _ => Vec::new(),
    }
}

/// Marks the fields in place of which the schema prints a relation. A part of the key is printed too, so it is not marked, and
/// neither is a part of a foreign key of several columns.
pub(crate) fn mark_foreign_keys(model: &mut CollectionModel) {
    let CollectionModel {
        fields, key, relations, ..
    } = model;
    for field in fields {
        field.is_foreign_key = !key.contains(&field.name)
            && relations
                .iter()
                .filter(|relation| relation.kind == Relationship::BelongsTo)
                .any(|relation| relation.only_local_key() == Some(&field.name));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{column, required, table};
    use super::*;
    use crate::records::value_type::ValueType;

    fn collections(tables: Vec<Table>) -> (Vec<SqlCollection>, Vec<String>) {
        let mut omissions = Vec::new();
        let collections = collections_of(tables, &mut omissions);
        (collections, omissions.iter().map(ToString::to_string).collect())
    }

    fn field<'a>(collection: &'a SqlCollection, name: &str) -> &'a FieldModel {
        collection.model.find_field(name).unwrap()
    }

    #[test]
    fn not_null_columns_are_required_unless_the_database_fills_them() {
        let mut users = table(
            "users",
            &["id", "name", "plan", "token", "total", "created_at", "updated_at"],
        );
        users.columns.push(column("nickname"));
        users.columns[0].is_auto_increment = true;
        users.columns[2].default = Some("'free'".into());
        users.columns[3].default = Some("gen_random_uuid()".into());
        users.columns[4].is_generated = true;
        let (collections, notes) = collections(vec![users]);
        assert_eq!(notes, Vec::<String>::new());
        let users = &collections[0];
        let required: Vec<&str> = users
            .model
            .fields
            .iter()
            .filter(|field| field.is_required)
            .map(|field| field.name.as_str())
            .collect();
        assert_eq!(required, ["name", "plan"]);
        assert_eq!(field(users, "plan").default_value, json!("free"));
        assert_eq!(
            field(users, "name").validations,
            [Validation::new("is present").message("Field is required")]
        );
        let read_only: Vec<&str> = users
            .model
            .fields
            .iter()
            .filter(|field| field.is_read_only)
            .map(|field| field.name.as_str())
            .collect();
        assert_eq!(read_only, ["id", "total"]);
    }

    #[test]
    fn a_single_managed_timestamp_is_an_ordinary_column() {
        let (collections, _) = collections(vec![table("logs", &["id", "createdAt"])]);
        assert!(field(&collections[0], "createdAt").is_required);
    }

    #[test]
    fn row_numbers_are_optional_and_writable() {
        let mut notes = table("notes", &["id"]);
        notes.columns[0].is_auto_increment = true;
        notes.columns[0].accepts_values = true;
        let (collections, _) = collections(vec![notes]);
        assert!(!field(&collections[0], "id").is_required);
        assert!(!field(&collections[0], "id").is_read_only);
    }

    #[test]
    fn views_are_read_only_without_required_fields() {
        let mut view = table("totals", &["id", "total"]);
        view.is_view = true;
        view.primary_key.clear();
        let (collections, notes) = collections(vec![view]);
        let guess = "The view totals is taken to have the key id: where two records share it, or it is null, they cannot be selected";
        assert_eq!(notes, [guess]);
        assert!(collections[0].model.is_read_only);
        assert!(
            collections[0]
                .model
                .fields
                .iter()
                .all(|field| field.is_read_only && !field.is_required)
        );
    }

    #[test]
    fn unsupported_columns_and_missing_keys_are_reported_and_internal_tables_skipped() {
        let mut places = table("places", &["name", "where"]);
        places.columns[1].column_type = None;
        places.columns[1].declared_type = "geometry".into();
        let (collections, notes) = collections(vec![places, table("_sqlx_migrations", &["version"])]);
        assert_eq!(collections.len(), 1);
        assert_eq!(collections[0].model.fields.len(), 1);
        assert_eq!(
            notes,
            [
                "The table places has no key: its records have no id and cannot be selected",
                "Skipping column places.where (Unsupported type: geometry)"
            ]
        );
    }

    #[test]
    fn foreign_keys_are_marked_unless_they_are_part_of_the_key() {
        let (collections, _) = collections(vec![
            table("users", &["id"]),
            table("orders", &["id", "user_id"]).refers("user_id", "users"),
            table("profiles", &["user_id", "bio"])
                .keyed(&["user_id"])
                .refers("user_id", "users"),
        ]);
        assert!(field(&collections[1], "user_id").is_foreign_key);
        assert!(!field(&collections[2], "user_id").is_foreign_key);
    }

    #[test]
    fn enumeration_values_are_sorted() {
        let mut orders = table("orders", &["id", "status"]);
        orders.columns[1] = required("status");
        orders.columns[1].column_type = Some(ColumnType {
            enum_values: vec!["pending".into(), "live".into()],
            ..ColumnType::new(ValueType::Enum, "\"public\".\"status\"")
        });
        let (collections, _) = collections(vec![orders]);
        assert_eq!(field(&collections[0], "status").enum_values, ["live", "pending"]);
    }
}
