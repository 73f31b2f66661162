//! The refusal of a form: every field with a problem, as text for the user and as data for programs.

use serde_json::{Map, Value, json};

use crate::response::{ActionError, ErrorKind};

/// Refuses a form for these problems, each with the label of its field, in the order in which they are shown. A field that
/// has several has them in one line.
pub(crate) fn refused(problems: impl IntoIterator<Item = (String, String)>) -> ActionError {
    let mut fields: Vec<(String, String)> = Vec::new();
    for (field, problem) in problems {
        match fields.iter_mut().find(|(known, _)| *known == field) {
            Some((_, all)) => {
                all.push_str("; ");
                all.push_str(&problem);
            }
            None => fields.push((field, problem)),
        }
    }
    let lines = fields.iter().map(|(field, problem)| format!("“{field}”: {problem}"));
    let lines: Vec<String> = lines.collect();
    let names = fields.iter().map(|(field, _)| field.as_str());
    let names: Vec<&str> = names.collect();
    // the texts quote what a user typed, which has no place in a log
    let logged = format!("the form was refused: `{}`", names.join("`, `"));
    let fields: Map<String, Value> = fields
        .into_iter()
        .map(|(field, problem)| (field, problem.into()))
        .collect();
    ActionError::refused(ErrorKind::BadRequest, lines.join("\n"))
        .name("ValidationError")
        .data(json!({ "fields": fields }))
        .logged_as(logged)
}
