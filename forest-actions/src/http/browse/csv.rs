//! Records as lines of CSV (protocol: CSV).
//!
//! UTF-8, commas, a line feed after each line, quotes as in RFC 4180. A text that a spreadsheet
//! would read as a formula is prefixed with an apostrophe; numbers are not.

use std::borrow::Cow;
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use serde_json::value::RawValue;

use super::error::BrowseError;
use super::parameters::Parameters;
use super::projection::{find_nameable, find_to_one, shown_unasked};
use crate::records::{CollectionModel, Decimal, FieldModel, Models, Projection, Record, ValueType, moment_after_9999};
use crate::text::{harmless, harmless_after, write_cell};

/// A column of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    /// A field of the record.
    Field(Field),
    /// A field of the record that a to-one relation leads to, or its id.
    Related { relation: String, field: Option<Field> },
    /// An unknown field: an empty column keeps the others under their headings.
    Empty,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    name: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Moment,
    Other,
}

impl From<&FieldModel> for Field {
    fn from(field: &FieldModel) -> Self {
        Self {
            name: field.name.clone(),
            kind: match field.value_type {
                ValueType::Integer | ValueType::Decimal => Kind::Number,
                ValueType::Instant => Kind::Moment,
                _ => Kind::Other,
            },
        }
    }
}

/// The columns of an export with their names, and the projection to read.
///
/// In the order of `fields[collection]`, by default all fields of the collection. A relation gives the one field that
/// `fields[relation]` names, by default the id of the related record.
///
/// # Errors
/// A field that is named twice: the size of an export is bounded by the collection, not by the request.
pub(super) fn columns(
    models: &Models,
    collection: &CollectionModel,
    parameters: &Parameters,
) -> Result<(Vec<(String, Column)>, Projection), BrowseError> {
    let mut projection = Projection::default();
    let Some(asked) = parameters.fields_of(&collection.name, collection) else {
        let columns = shown_unasked(collection).map(|field| (field.name.clone(), Column::Field(field.into())));
        projection.fields = shown_unasked(collection).map(|field| field.name.clone()).collect();
        return Ok((columns.collect(), projection));
    };
    let mut columns = Vec::with_capacity(asked.len());
    let mut seen = HashSet::with_capacity(asked.len());
    for name in &asked {
        if !seen.insert(name) {
            return Err(BrowseError::FieldTwice {
                collection: collection.name.clone(),
                field: name.clone(),
            });
        }
        let column = if let Some(field) = find_nameable(collection, name) {
            projection.fields.push(name.clone());
            Column::Field(field.into())
        } else if let Some((_, target)) = find_to_one(models, collection, name) {
            let field = match parameters.fields_of(name, target).as_deref() {
                Some([one]) => find_nameable(target, one).map(Field::from),
                _ => None,
            };
            let fields = field.iter().map(|field| field.name.clone()).collect();
            projection.relations.push((name.clone(), fields));
            Column::Related {
                relation: name.clone(),
                field,
            }
        } else {
            Column::Empty
        };
        columns.push((name.clone(), column));
    }
    Ok((columns, projection))
}

/// Writes a line of texts.
pub(in crate::http) fn csv_line<'c>(out: &mut String, cells: impl IntoIterator<Item = &'c str>) {
    write_line(out, cells.into_iter().map(|cell| harmless(cell.into())));
}

/// Returns whether a column depends on the time zone.
pub(super) fn has_moments(columns: &[(String, Column)]) -> bool {
    columns.iter().any(|(_, column)| match column {
        Column::Field(field) | Column::Related { field: Some(field), .. } => field.kind == Kind::Moment,
        Column::Related { field: None, .. } | Column::Empty => false,
    })
}

/// Writes the first line: the header of the request, a JSON list or a line of CSV; by default the names of the columns.
pub(super) fn write_header(out: &mut String, header: Option<&str>, columns: &[(String, Column)]) {
    let cells: Vec<String> = match header {
        None => columns.iter().map(|(name, _)| name.clone()).collect(),
        // as raw JSON: a tree costs many times its text
        Some(header) => match serde_json::from_str::<Vec<&RawValue>>(header) {
            Ok(cells) => cells.iter().map(|cell| heading(cell)).collect(),
            Err(_) => cells_of(header),
        },
    };
    write_line(out, cells.iter().map(|cell| harmless(cell.into())));
}

/// Writes the line of one record, with moments in this time zone.
pub(super) fn write_record(out: &mut String, record: &Record, columns: &[(String, Column)], timezone: Tz) {
    write_line(
        out,
        columns.iter().map(|(_, column)| match column {
            Column::Field(field) => cell(record, field, timezone),
            Column::Related { relation, field } => {
                let related = record.related.iter().find(|(name, _)| name == relation);
                match (related, field) {
                    (Some((_, Some(related))), Some(field)) => cell(related, field, timezone),
                    (Some((_, Some(related))), None) => harmless(related.key.to_string().into()),
                    _ => Cow::default(),
                }
            }
            Column::Empty => Cow::default(),
        }),
    );
}

fn cell<'a>(record: &'a Record, field: &Field, timezone: Tz) -> Cow<'a, str> {
    let Some(value) = record.attributes.get(&field.name) else {
        return Cow::default();
    };
    match (field.kind, value) {
        // a database may return numbers as text
        (Kind::Number, Value::String(text)) if Decimal::parse(text).is_some() => text.into(),
        (Kind::Moment, Value::String(text)) => match moment_of(text) {
            Some(moment) => moment
                .with_timezone(&timezone)
                .format("%Y-%m-%dT%H:%M:%S%:z")
                .to_string()
                .trim_start_matches('+')
                .to_owned()
                .into(),
            None => harmless(text.into()),
        },
        (_, Value::String(text)) => harmless(text.into()),
        (_, value) => plain(value),
    }
}

fn heading(cell: &RawValue) -> String {
    match cell.get() {
        "null" => String::new(),
        json => serde_json::from_str(json).unwrap_or_else(|_| json.to_owned()),
    }
}

fn moment_of(text: &str) -> Option<DateTime<Utc>> {
    let usual = DateTime::parse_from_rfc3339(text).ok();
    usual.map(|moment| moment.to_utc()).or_else(|| moment_after_9999(text))
}

/// The text of a value: empty for null, JSON for lists and objects.
fn plain(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::default(),
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}

fn write_line<'a>(out: &mut String, cells: impl Iterator<Item = Cow<'a, str>>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_cell(out, &harmless_after(&[';'], cell), ',');
    }
    out.push('\n');
}

/// Parses a line of the client, quoted or not; line breaks outside of quotes become spaces.
fn cells_of(line: &str) -> Vec<String> {
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut is_quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            '"' if cell.is_empty() => is_quoted = true,
            ',' if !is_quoted => cells.push(std::mem::take(&mut cell)),
            '\r' | '\n' if !is_quoted => cell.push(' '),
            other => cell.push(other),
        }
    }
    cells.push(cell);
    cells
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{acme, alice, models, record, transaction};
    use super::*;

    fn chosen(query: &str) -> (Vec<(String, Column)>, Projection) {
        let models = models();
        let parameters = Parameters::parse(query).unwrap();
        columns(&models, models.get("transactions").unwrap(), &parameters).unwrap()
    }

    fn line(record: &Record, query: &str) -> String {
        let mut out = String::new();
        write_record(&mut out, record, &chosen(query).0, Tz::Europe__Paris);
        out
    }

    fn header(header: Option<&str>, query: &str) -> String {
        let mut out = String::new();
        write_header(&mut out, header, &chosen(query).0);
        out
    }

    #[test]
    fn columns_stand_in_the_order_of_the_request() {
        let mut first = transaction(1);
        first.related = vec![
            ("customer".to_owned(), Some(alice())),
            ("emitter".to_owned(), Some(acme())),
        ];
        let query = "fields[transactions]=due_on,id,emitter,customer&fields[emitter]=name";
        let id = "c0000000-0000-4000-8000-000000000001";
        assert_eq!(line(&first, query), format!("2024-05-15,1,Acme Corp,{id}\n"));
        let (_, projection) = chosen(query);
        assert_eq!(projection.fields, ["due_on", "id"]);
        let read = [
            ("emitter".to_owned(), vec!["name".to_owned()]),
            ("customer".to_owned(), vec![]),
        ];
        assert_eq!(projection.relations, read);
        // a missing record, and a relation with several requested fields
        first.related = vec![("customer".to_owned(), None), ("emitter".to_owned(), Some(acme()))];
        let query = "fields[transactions]=id,emitter,customer&fields[emitter]=name,id";
        assert_eq!(line(&first, query), "1,1,\n");
    }

    #[test]
    fn without_fields_every_shown_field_is_exported() {
        assert_eq!(header(None, ""), "id,label,amount,created_at,due_on\n");
        assert_eq!(
            line(&transaction(1), ""),
            "1,Invoice 001,10.00,2024-05-15T12:30:00+02:00,2024-05-15\n"
        );
    }

    #[test]
    fn what_may_not_be_seen_leaves_its_place_empty() {
        let mut sent = transaction(1);
        sent.attributes.insert("secret".to_owned(), json!("s"));
        let query = "fields[transactions]=secret,id,nope,notes,label";
        assert_eq!(line(&sent, query), ",1,,,Invoice 001\n");
        let (_, projection) = chosen(query);
        assert_eq!(projection.fields, ["id", "label"]);
        let query = "fields[transactions]=id,emitter&fields[emitter]=secret";
        sent.related = vec![("emitter".to_owned(), Some(record(9, json!({"secret": "s"}))))];
        assert_eq!(line(&sent, query), "1,9\n");
    }

    #[test]
    fn foreign_keys_are_exported_when_they_are_named() {
        let mut sent = transaction(1);
        sent.attributes.insert("emitter_id".to_owned(), json!(7));
        let query = "fields[transactions]=emitter_id,id";
        assert_eq!(line(&sent, query), "7,1\n");
        assert_eq!(chosen(query).1.fields, ["emitter_id", "id"]);
    }

    #[test]
    fn every_value_has_its_text() {
        for (value, text) in [
            (json!(null), ""),
            (json!(0), "0"),
            (json!(false), "false"),
            (json!(true), "true"),
            (json!(-12.5), "-12.5"),
            (json!(""), ""),
            (json!("plain"), "plain"),
            (json!("a,b"), "\"a,b\""),
            (json!("say \"hi\""), "\"say \"\"hi\"\"\""),
            (json!("two\nlines"), "\"two\nlines\""),
            (json!("two\rlines"), "\"two\rlines\""),
            (json!(" blank "), " blank "),
            (json!("été 🍺"), "été 🍺"),
            (json!([1, "a"]), "\"[1,\"\"a\"\"]\""),
            (json!({"a": 1}), "\"{\"\"a\"\":1}\""),
        ] {
            let record = record(1, json!({"label": value}));
            assert_eq!(line(&record, "fields[transactions]=label"), format!("{text}\n"));
        }
    }

    #[test]
    fn a_text_is_never_a_formula_and_a_number_stays_one() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
            ("＝1+1", "'＝1+1"),
            ("＋1", "'＋1"),
            ("－1", "'－1"),
            ("＠SUM(A1)", "'＠SUM(A1)"),
            ("x;=1+1", "x;'=1+1"),
            ("x; =1+1;y", "x;' =1+1;y"),
            ("x;\"=1+1\"", "\"x;'\"\"=1+1\"\"\""),
            ("a; b;c", "a; b;c"),
            ("a=1", "a=1"),
            ("'=1", "'=1"),
        ] {
            let record = record(1, json!({"label": text}));
            assert_eq!(line(&record, "fields[transactions]=label"), format!("{written}\n"));
        }
        for (number, written) in [
            (json!(-5), "-5"),
            (json!("-10.00"), "-10.00"),
            (json!("-1+1|cmd"), "'-1+1|cmd"),
            (json!("NaN"), "NaN"),
        ] {
            let record = record(1, json!({"amount": number}));
            assert_eq!(line(&record, "fields[transactions]=amount"), format!("{written}\n"));
        }
        // the id of a related record is a text as well
        let mut sent = transaction(1);
        let key = crate::records::Key::one("=cmd");
        sent.related = vec![("customer".to_owned(), Some(Record::new(key, serde_json::Map::new())))];
        assert_eq!(line(&sent, "fields[transactions]=customer"), "'=cmd\n");
    }

    #[test]
    fn moments_are_written_in_the_zone_of_the_caller() {
        for (moment, text) in [
            ("2024-05-15T10:30:00.000Z", "2024-05-15T12:30:00+02:00"),
            ("2024-12-31T23:30:00.999Z", "2025-01-01T00:30:00+01:00"),
            ("0000-01-01 00:00", "0000-01-01 00:00"),
            ("=1", "'=1"),
        ] {
            let record = record(1, json!({"created_at": moment}));
            assert_eq!(line(&record, "fields[transactions]=created_at"), format!("{text}\n"));
        }
    }

    #[test]
    fn the_first_line_is_what_was_asked_for() {
        for (sent, written) in [
            (r#"["id","Full name"]"#, "id,Full name"),
            (r#"["a,b","say \"hi\"",null,3]"#, "\"a,b\",\"say \"\"hi\"\"\",,3"),
            ("[]", ""),
            (r#"[{"a":[1]},true]"#, "\"{\"\"a\"\":[1]}\",true"),
            ("id,Full name", "id,Full name"),
            ("id,\"a, b\",\"say \"\"hi\"\"\"", "id,\"a, b\",\"say \"\"hi\"\"\""),
            ("one cell", "one cell"),
            ("[not json", "[not json"),
            // a link to an export may come from elsewhere: its header must not add formulas or lines
            ("id,=cmd|' /C calc'!A0", "id,'=cmd|' /C calc'!A0"),
            (r#"["=1"]"#, "'=1"),
            ("id;=1", "id;'=1"),
            ("id\r\n=1", "id  =1"),
            ("\"open", "open"),
        ] {
            assert_eq!(header(Some(sent), ""), format!("{written}\n"), "{sent}");
        }
        assert_eq!(
            header(None, "fields[transactions]=label,nope,customer"),
            "label,nope,customer\n"
        );
    }
}
