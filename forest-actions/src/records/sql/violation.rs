//! Constraints of the database that a change would break, in the names of the back office.
//!
//! The messages of a database quote values, names of hidden columns, and SQL. Only names that the models show are kept.

use super::SqlCollection;
use crate::records::model::FieldModel;
use crate::records::write::Violation;

/// The statement that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change<'a> {
    Create(&'a str),
    Update(&'a str),
    Delete(&'a str),
    /// The end of the transaction, where deferred constraints are checked.
    Commit,
}

impl<'a> Change<'a> {
    pub(super) fn collection(self) -> &'a str {
        match self {
            Self::Create(collection) | Self::Update(collection) | Self::Delete(collection) => collection,
            Self::Commit => "",
        }
    }
}

/// The parts of an error that name things.
#[derive(Default)]
struct Named<'e> {
    code: String,
    message: &'e str,
    table: Option<&'e str>,
    column: Option<&'e str>,
    constraint: Option<&'e str>,
    /// Of PostgreSQL: `Key (email)=(a@example.com) already exists.`
    detail: Option<&'e str>,
}

/// The broken rule; `None` for another error.
pub(super) fn violation(collections: &[SqlCollection], change: Change<'_>, error: &sqlx::Error) -> Option<Violation> {
    let sqlx::Error::Database(database) = error else {
        return None;
    };
    let named = Named {
        code: database.code().unwrap_or_default().into_owned(),
        message: database.message(),
        ..Named::default()
    };
    #[cfg(feature = "postgres")]
    let named = match database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        Some(error) => Named {
            table: error.table(),
            column: error.column(),
            constraint: error.constraint(),
            detail: error.detail(),
            ..named
        },
        None => named,
    };
    broken(collections, change, &named)
}

fn broken(collections: &[SqlCollection], change: Change<'_>, named: &Named<'_>) -> Option<Violation> {
    let own = collections.iter().find(|known| known.model.name == change.collection());
    let unstorable = |reason| Violation::Unstorable {
        field: named.column.and_then(|column| field_of(own?, column)),
        reason,
    };
    Some(match named.code.as_str() {
        "23505" => Violation::Taken(match named.detail.and_then(columns_of_detail) {
            Some(columns) => fields_of(own, columns.split(", ")),
            None => Vec::new(),
        }),
        // SQLite: a unique index, the key, the number of a row
        "2067" | "1555" | "2579" => {
            let columns = named.message.split_once(": ").map_or("", |(_, columns)| columns);
            // `customers.email, customers.plan`
            let columns = columns
                .split(", ")
                .filter_map(|column| Some(column.rsplit_once('.')?.1));
            Violation::Taken(fields_of(own, columns))
        }
        "23503" => {
            let holder = named.table.and_then(|table| {
                let holder = collections.iter().find(|known| known.model.stored_name() == table)?;
                Some(holder.model.name.clone())
            });
            let is_own = holder.as_deref() == Some(change.collection());
            let is_referring = matches!(change, Change::Create(_)) || (is_own && !matches!(change, Change::Delete(_)));
            match is_referring {
                true => Violation::NoTarget(named.detail.and_then(columns_of_detail).and_then(|column| {
                    let field = field_of(own?, column)?;
                    Some(name_of_reference(own?, field))
                })),
                false => Violation::StillUsed(holder),
            }
        }
        // SQLite does not say which
        "787" => match change {
            Change::Delete(_) => Violation::StillUsed(None),
            _ => Violation::NoTarget(None),
        },
        "23502" => Violation::Required(named.column.and_then(|column| field_of(own?, column))),
        "1299" => {
            let column = named.message.rsplit_once('.').map_or("", |(_, column)| column);
            Violation::Required(own.and_then(|own| field_of(own, column)))
        }
        "23514" => Violation::Unmet(named.constraint.and_then(|name| only_field_in(own?, name))),
        "275" => {
            let condition = named.message.split_once(": ").map_or("", |(_, condition)| condition);
            Violation::Unmet(own.and_then(|own| only_field_in(own, condition)))
        }
        "23P01" => Violation::Taken(Vec::new()),
        "44000" => Violation::Unmet(None),
        "22001" => unstorable("it is longer than its column"),
        "22003" => unstorable("it is out of the range of its column"),
        "22007" | "22008" => unstorable("it is not a date or time that the database has"),
        "22021" | "22P05" => unstorable("it has a character that the encoding of the database lacks"),
        "22P02" | "22P03" | "22023" | "22030" | "22032" | "2202E" | "3091" => {
            unstorable("it is not a value of its column")
        }
        _ => return None,
    })
}

/// `email` of `Key (email)=(a@example.com) already exists.`: the words around it are in the language of the server.
fn columns_of_detail(detail: &str) -> Option<&str> {
    let (_, rest) = detail.split_once('(')?;
    let (columns, _) = rest.split_once(")=(")?;
    Some(columns)
}

fn shown_field<'c>(collection: &'c SqlCollection, column: &str) -> Option<&'c FieldModel> {
    let column = column.trim_matches('"');
    let mut fields = collection.model.fields.iter();
    fields.find(|field| !field.is_computed && !field.is_hidden && field.stored_name() == column)
}

fn field_of(collection: &SqlCollection, column: &str) -> Option<String> {
    shown_field(collection, column).map(|field| field.name.clone())
}

/// The fields of these columns; none if one of them is not shown.
fn fields_of<'c>(collection: Option<&SqlCollection>, columns: impl Iterator<Item = &'c str>) -> Vec<String> {
    let fields: Option<Vec<String>> = columns.map(|column| field_of(collection?, column)).collect();
    fields.unwrap_or_default()
}

/// The relation that a foreign key makes, under which the back office knows it.
fn name_of_reference(collection: &SqlCollection, field: String) -> String {
    let mut relations = collection.model.relations.iter();
    let relation = relations.find(|relation| !relation.is_to_many() && relation.only_local_key() == Some(&field));
    relation.map_or(field, |relation| relation.name.clone())
}

/// The only shown field whose column is named in a condition, or in the name of a constraint.
fn only_field_in(collection: &SqlCollection, text: &str) -> Option<String> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let has_word = |column: &str| text.split(|character| !is_word(character)).any(|word| word == column);
    // PostgreSQL names a condition `table_column_check`
    let is_named_after = |column: &str| {
        let table = collection.model.stored_name();
        text.strip_prefix(table)
            .and_then(|rest| rest.strip_prefix('_'))
            .is_some_and(|rest| {
                let rest = rest.trim_end_matches(|character: char| character.is_ascii_digit());
                rest.strip_suffix("_check") == Some(column)
            })
    };
    let mut fields = collection.model.fields.iter().filter(|field| !field.is_computed);
    let found = fields.clone().find(|field| is_named_after(field.stored_name()));
    let found = found.or_else(|| {
        let mut named = fields.by_ref().filter(|field| has_word(field.stored_name()));
        let first = named.next()?;
        named.next().is_none().then_some(first)
    })?;
    (!found.is_hidden).then(|| found.name.clone())
}
