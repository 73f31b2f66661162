//! The columns that identify a record: the declared key, else a guess.

use super::{Column, NoKey, Table};

/// The key of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TableKey {
    /// The database keeps it unique.
    Certain(Vec<String>),
    /// The column `id` of a view, or of another table that the database does not constrain.
    Guessed(String),
    None(NoKey),
}

/// The columns of the key, in the order of the table.
///
/// No two records share a key, which only a declared key or a unique index guarantees. Without a declared key it is a column
/// named `id` that is unique and never null, else the shortest unique index over columns that are never null. Views,
/// foreign and virtual tables have no such guarantee, and only a column named `id` is trusted there. Code can name the key
/// where this fails.
pub(super) fn key_of(table: &Table) -> TableKey {
    if table.is_inherited {
        return TableKey::None(NoKey::Inherited);
    }
    let is_usable = |name: &String| table.usable_column(name).is_some_and(can_be_in_an_id);
    if !table.primary_key.is_empty() {
        return match table.primary_key.iter().find(|name| !is_usable(name)) {
            None => TableKey::Certain(in_order_of(table, &table.primary_key)),
            Some(name) => TableKey::None(unusable(table, name)),
        };
    }
    let named_id = id_columns(table).find(|column| is_usable(&column.name));
    if table.is_view || table.is_external {
        return match named_id {
            Some(column) => TableKey::Guessed(column.name.clone()),
            None => TableKey::None(NoKey::NotDeclared),
        };
    }
    let is_never_null = |name: &String| table.usable_column(name).is_some_and(|column| !column.is_nullable);
    let is_proven = |columns: &&Vec<String>| {
        !columns.is_empty() && columns.iter().all(|name| is_usable(name) && is_never_null(name))
    };
    let is_id = |columns: &&Vec<String>| matches!(columns.as_slice(), [only] if id_columns(table).any(|column| column.name == *only));
    let proven = || table.unique.iter().filter(is_proven);
    match proven()
        .find(is_id)
        .or_else(|| proven().min_by_key(|columns| columns.len()))
    {
        Some(columns) => TableKey::Certain(in_order_of(table, columns)),
        None => TableKey::None(NoKey::NotDeclared),
    }
}

/// The columns named `id`, and then those in another case.
fn id_columns(table: &Table) -> impl Iterator<Item = &Column> {
    let exact = table.columns.iter().filter(|column| column.name == "id");
    let other = |column: &&Column| column.name != "id" && column.name.eq_ignore_ascii_case("id");
    exact.chain(table.columns.iter().filter(other))
}

fn can_be_in_an_id(column: &Column) -> bool {
    let column_type = column.column_type.as_ref();
    column_type.is_some_and(|column_type| column_type.value_type.can_be_in_an_id())
}

fn unusable(table: &Table, name: &str) -> NoKey {
    let column = table.columns.iter().find(|column| column.name == name);
    NoKey::Type {
        column: name.to_owned(),
        declared_type: column.map_or_else(|| "unknown".to_owned(), |column| column.declared_type.clone()),
    }
}

fn in_order_of(table: &Table, names: &[String]) -> Vec<String> {
    let columns = table.columns.iter().filter(|column| names.contains(&column.name));
    columns.map(|column| column.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{column, required, table};
    use super::super::{ColumnType, testing};
    use super::*;
    use crate::records::value_type::ValueType;

    /// The names of a key that is certain.
    fn certain(table: &Table) -> Vec<String> {
        match key_of(table) {
            TableKey::Certain(names) => names,
            _ => Vec::new(),
        }
    }

    #[test]
    fn per_09_the_declared_key_wins_in_the_order_of_the_table() {
        assert_eq!(certain(&table("t", &["id", "a"])), ["id"]);
        let composite = table("t", &["id", "b", "a"]).keyed(&["a", "b"]);
        assert_eq!(certain(&composite), ["b", "a"]);
    }

    #[test]
    fn per_09_a_missing_key_is_a_unique_index_over_columns_that_are_never_null() {
        assert_eq!(
            key_of(&table("t", &["a", "id"]).keyed(&[])),
            TableKey::None(NoKey::NotDeclared)
        );
        let named = table("t", &["a", "Id"]).keyed(&[]).unique(&["a"]).unique(&["Id"]);
        assert_eq!(certain(&named), ["Id"]);
        let mut nullable = named.clone();
        nullable.columns[1] = column("Id");
        assert_eq!(certain(&nullable), ["a"]);
        let both = table("t", &["ID", "id"]).keyed(&[]);
        assert_eq!(certain(&both.unique(&["ID"]).unique(&["id"])), ["ID"]);
        let indexed = table("t", &["a", "b", "c"])
            .unique(&["a", "b"])
            .unique(&["c"])
            .unique(&["b"]);
        assert_eq!(certain(&indexed), ["c"]);
        let mut nullable = indexed.clone();
        nullable.columns[2] = column("c");
        assert_eq!(certain(&nullable), ["b"]);
        // two records may link the same two
        let links = table("links", &["user_id", "team_id"])
            .refers("user_id", "users")
            .refers("team_id", "teams");
        assert_eq!(key_of(&links), TableKey::None(NoKey::NotDeclared));
        assert_eq!(certain(&links.unique(&["team_id", "user_id"])), ["user_id", "team_id"]);
    }

    #[test]
    fn per_10_the_key_of_a_view_is_a_column_named_id() {
        for is_view in [true, false] {
            let mut view = table("v", &["code", "total"]).unique(&["code"]);
            (view.is_view, view.is_external) = (is_view, !is_view);
            assert_eq!(key_of(&view), TableKey::None(NoKey::NotDeclared));
            view.columns.push(column("ID"));
            assert_eq!(key_of(&view), TableKey::Guessed("ID".to_owned()));
        }
    }

    #[test]
    fn per_10_a_key_of_an_unsupported_type_is_not_used() {
        let mut unreadable = table("t", &["id"]);
        unreadable.columns[0].column_type = None;
        let listed = |value_type| {
            let mut listed = testing::table("t", &["id"]);
            listed.columns[0].column_type = Some(ColumnType::new(value_type, ""));
            listed
        };
        let text = ValueType::List(Box::new(ValueType::Text));
        for table in [unreadable, listed(text), listed(ValueType::Json)] {
            assert!(matches!(key_of(&table), TableKey::None(NoKey::Type { .. })));
        }
        assert_eq!(certain(&listed(ValueType::Binary)), ["id"]);
    }

    #[test]
    fn a_key_that_is_not_enforced_over_all_records_is_not_used() {
        let mut parent = table("t", &["id"]);
        parent.is_inherited = true;
        parent.columns.push(required("code"));
        assert_eq!(key_of(&parent.unique(&["code"])), TableKey::None(NoKey::Inherited));
    }
}
