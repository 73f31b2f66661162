//! The conditions of a query, as SQL with placeholders.

use serde_json::json;

use crate::audit::sink::AuditQuery;

/// A value to bind.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Bound {
    Text(String),
    /// A time, as the database stores it.
    Moment(chrono::DateTime<chrono::Utc>),
}

/// The parts of a condition that databases write differently.
pub(super) trait Syntax {
    /// The placeholder of the value at `position`, counted from 1.
    fn placeholder(&self, position: usize) -> String;
    /// The elements of a JSON list in a placeholder, as rows of one text column.
    fn elements(&self, placeholder: &str) -> String;
    /// The keys of a JSON column, as rows of one text column.
    fn keys(&self, column: &str) -> String;
    /// A column as text.
    fn text(&self, column: &str) -> String;
}

/// The condition after `WHERE`, and the values to bind.
pub(super) fn condition(query: &AuditQuery, syntax: &dyn Syntax) -> (String, Vec<Bound>) {
    let mut tests = vec!["1 = 1".to_owned()];
    let mut bound = Vec::new();
    let mut bind = |value: Bound| {
        bound.push(value);
        syntax.placeholder(bound.len())
    };
    let text = |value: &str| Bound::Text(value.to_owned());
    for (column, value) in [
        ("collection", query.collection.as_deref()),
        ("record_id", query.record_id.as_deref()),
        ("status", query.status.map(|status| status.as_str())),
    ] {
        if let Some(value) = value {
            tests.push(format!("{column} = {}", bind(text(value))));
        }
    }
    let user_ids: Vec<String> = query.user_ids.iter().map(ToString::to_string).collect();
    let operations: Vec<String> = query
        .operations
        .iter()
        .map(|operation| operation.as_str().to_owned())
        .collect();
    for (column, values) in [
        (syntax.text("user_id"), &user_ids),
        ("operation".to_owned(), &operations),
        ("correlation_key".to_owned(), &query.correlation_keys),
    ] {
        if !values.is_empty() {
            let list = bind(Bound::Text(json!(values).to_string()));
            tests.push(format!("{column} IN ({})", syntax.elements(&list)));
        }
    }
    if let Some(from) = query.from {
        tests.push(format!("\"timestamp\" >= {}", bind(Bound::Moment(from))));
    }
    if let Some(to) = query.to {
        tests.push(format!("\"timestamp\" <= {}", bind(Bound::Moment(to))));
    }
    if !query.fields.is_empty() {
        let list = bind(Bound::Text(json!(query.fields).to_string()));
        let among = |column| {
            format!(
                "EXISTS (SELECT 1 FROM ({}) AS k WHERE k.key IN ({}))",
                syntax.keys(column),
                syntax.elements(&list)
            )
        };
        tests.push(format!("({} OR {})", among("previous_values"), among("new_values")));
    }
    if let Some(search) = &query.search {
        let escaped: String = search
            .chars()
            .flat_map(|character| {
                matches!(character, '~' | '%' | '_')
                    .then_some('~')
                    .into_iter()
                    .chain([character])
            })
            .collect();
        let pattern = bind(Bound::Text(format!("%{escaped}%")));
        let columns = [
            "action_name".to_owned(),
            "user_first_name".to_owned(),
            "user_last_name".to_owned(),
            "user_email".to_owned(),
            syntax.text("previous_values"),
            syntax.text("new_values"),
        ];
        let each: Vec<String> = columns
            .iter()
            .map(|column| format!("LOWER({column}) LIKE LOWER({pattern}) ESCAPE '~'"))
            .collect();
        tests.push(format!("({})", each.join(" OR ")));
    }
    (tests.join(" AND "), bound)
}

/// The order of a query.
pub(super) fn order(query: &AuditQuery) -> &'static str {
    match query.oldest_first {
        true => "\"timestamp\" ASC, id ASC",
        false => "\"timestamp\" DESC, id DESC",
    }
}
