//! The columns that identify a record: the declared key, else a guess.

use super::Table;

/// The columns of the key, in the order of the table; empty if the table has no key.
///
/// A part of a key is never null, and no two records share a key. A guess is therefore a column named `id`, the shortest
/// unique index over columns that are not null, or both columns of a table of two foreign keys. In a view, where
/// uniqueness is unknown, only a column named `id` is trusted. Code can name the key where the guess fails.
pub(super) fn key_of(table: &Table) -> Vec<String> {
    let names = if table.primary_key.is_empty() {
        guess(table)
    } else {
        table.primary_key.clone()
    };
    // a key with a part that cannot be shown is not usable
    if names.iter().any(|name| table.usable_column(name).is_none()) {
        return Vec::new();
    }
    table
        .columns
        .iter()
        .filter(|column| names.contains(&column.name))
        .map(|column| column.name.clone())
        .collect()
}

fn guess(table: &Table) -> Vec<String> {
    let named_id = |name: &str| table.columns.iter().find(|column| column.name == name);
    let any_case = || {
        table
            .columns
            .iter()
            .find(|column| column.name.eq_ignore_ascii_case("id"))
    };
    if let Some(column) = named_id("id").or_else(any_case) {
        return vec![column.name.clone()];
    }
    if table.is_view {
        return Vec::new();
    }
    let is_never_null = |name: &String| table.usable_column(name).is_some_and(|column| !column.is_nullable);
    let shortest = table
        .unique
        .iter()
        .filter(|columns| !columns.is_empty() && columns.iter().all(is_never_null))
        .min_by_key(|columns| columns.len());
    if let Some(columns) = shortest {
        return columns.clone();
    }
    let is_reference = |name: &String| {
        table
            .foreign_keys
            .iter()
            .any(|foreign_key| matches!(foreign_key.columns.as_slice(), [column] if column == name))
    };
    let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    if names.len() == 2 && names.iter().all(|name| is_reference(name) && is_never_null(name)) {
        return names;
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{column, required, table};
    use super::*;

    #[test]
    fn per_09_the_declared_key_wins_in_the_order_of_the_table() {
        assert_eq!(key_of(&table("t", &["id", "a"])), ["id"]);
        let composite = table("t", &["id", "b", "a"]).keyed(&["a", "b"]);
        assert_eq!(key_of(&composite), ["b", "a"]);
    }

    #[test]
    fn per_09_a_missing_key_is_guessed() {
        assert_eq!(key_of(&table("t", &["a", "Id"]).keyed(&[])), ["Id"]);
        assert_eq!(key_of(&table("t", &["ID", "id"]).keyed(&[])), ["id"]);
        let indexed = table("t", &["a", "b", "c"])
            .unique(&["a", "b"])
            .unique(&["c"])
            .unique(&["b"]);
        assert_eq!(key_of(&indexed), ["c"]);
        let mut nullable = indexed.clone();
        nullable.columns[2] = column("c");
        assert_eq!(key_of(&nullable), ["b"]);
        let links = table("links", &["user_id", "team_id"])
            .refers("user_id", "users")
            .refers("team_id", "teams");
        assert_eq!(key_of(&links), ["user_id", "team_id"]);
        let mut more = links.clone();
        more.columns.push(required("note"));
        assert!(key_of(&more).is_empty());
        let mut nullable = links;
        nullable.columns[0] = column("user_id");
        assert!(key_of(&nullable).is_empty());
    }

    #[test]
    fn per_10_the_key_of_a_view_is_a_column_named_id() {
        let mut view = table("v", &["code", "total"]).unique(&["code"]);
        view.is_view = true;
        assert!(key_of(&view).is_empty());
        view.columns.push(column("ID"));
        assert_eq!(key_of(&view), ["ID"]);
    }

    #[test]
    fn per_10_a_key_of_an_unsupported_type_is_not_used() {
        let mut unreadable = table("t", &["id"]);
        unreadable.columns[0].column_type = None;
        assert!(key_of(&unreadable).is_empty());
    }
}
