//! The template variables of scopes, conditions and live queries, such as `{{currentUser.email}}` (protocol: template
//! variables).
//!
//! An unknown variable is refused, because any value in its place could show the records of another user (PER-16).

use serde_json::Value as Json;

use super::error::QueryError;
use crate::caller::Caller;

/// A source of values for variables.
pub(crate) trait Variables {
    /// The value of a variable such as `currentUser.id`; `None` if it does not exist or has no value.
    fn variable(&self, name: &str) -> Option<Json>;
}

/// The first source with a value wins.
impl<A: Variables + ?Sized, B: Variables + ?Sized> Variables for (&A, &B) {
    fn variable(&self, name: &str) -> Option<Json> {
        self.0.variable(name).or_else(|| self.1.variable(name))
    }
}

/// The variables from a session token, which does not contain the ids of role and team.
impl Variables for Caller {
    fn variable(&self, name: &str) -> Option<Json> {
        let name = name.strip_prefix("currentUser.")?;
        if let Some(tag) = name.strip_prefix("tags.") {
            let value = self.tags.get(tag).filter(|value| !value.is_empty());
            return value.cloned().map(Json::String);
        }
        let text = match name {
            "id" => return Some(id_value(&self.id)),
            "firstName" => &self.first_name,
            "lastName" => &self.last_name,
            "fullName" if self.first_name.is_empty() && self.last_name.is_empty() => return None,
            "fullName" => return Some(Json::String(self.full_name())),
            "email" => &self.email,
            "permissionLevel" => &self.permission_level,
            "team.name" => &self.team,
            _ => return None,
        };
        // the token does not have the claim
        (!text.is_empty()).then(|| Json::String(text.clone()))
    }
}

/// Ids of users are numbers; some tokens have them as text.
fn id_value(id: &str) -> Json {
    match id.parse::<i64>() {
        Ok(number) if number.to_string() == id => number.into(),
        _ => id.into(),
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'t> {
    Text(&'t str),
    Variable(&'t str),
}

/// Splits a text at its variables. Unclosed braces are text.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, (name, after))) = rest
        .split_once("{{")
        .and_then(|(before, opened)| Some((before, opened.split_once("}}")?)))
    {
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        parts.push(Part::Variable(name.trim()));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

/// The value of a required variable.
pub(super) fn value_of(name: &str, variables: &dyn Variables) -> Result<Json, QueryError> {
    variables
        .variable(name)
        .filter(|value| !value.is_null())
        .ok_or_else(|| QueryError::UnknownVariable(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_variables_of_a_caller() {
        let mut caller = Caller::new("172", "ada@example.com");
        caller.first_name = "Ada".into();
        caller.last_name = "Lovelace".into();
        caller.team = "Ops".into();
        caller.permission_level = "user".into();
        caller.tags.insert("country".into(), "FR".into());
        caller.tags.insert("empty".into(), String::new());
        for (name, value) in [
            ("currentUser.id", Some(json!(172))),
            ("currentUser.firstName", Some(json!("Ada"))),
            ("currentUser.lastName", Some(json!("Lovelace"))),
            ("currentUser.fullName", Some(json!("Ada Lovelace"))),
            ("currentUser.email", Some(json!("ada@example.com"))),
            ("currentUser.permissionLevel", Some(json!("user"))),
            ("currentUser.team.name", Some(json!("Ops"))),
            ("currentUser.tags.country", Some(json!("FR"))),
            ("currentUser.tags.empty", None),
            ("currentUser.tags.nope", None),
            ("currentUser.team.id", None),
            ("currentUser.roleId", None),
            ("currentUser", None),
            ("currentUser.", None),
            ("id", None),
            ("", None),
        ] {
            assert_eq!(caller.variable(name), value, "{name}");
        }
        assert_eq!(
            Caller::new("007", "a@b.c").variable("currentUser.id"),
            Some(json!("007"))
        );
        assert_eq!(Caller::new("1", "").variable("currentUser.fullName"), None);
    }

    #[test]
    fn a_text_is_split_at_its_variables() {
        use Part::{Text, Variable};
        for (text, expected) in [
            ("", vec![]),
            ("plain", vec![Text("plain")]),
            ("{{a.b}}", vec![Variable("a.b")]),
            (
                "x{{ a }}{{b}}y",
                vec![Text("x"), Variable("a"), Variable("b"), Text("y")],
            ),
            ("{{", vec![Text("{{")]),
            ("}}{{a", vec![Text("}}{{a")]),
            ("{{}}", vec![Variable("")]),
            ("{{é}}é", vec![Variable("é"), Text("é")]),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
        assert_eq!(parts(&"{{a}}".repeat(10_000)).len(), 10_000);
        assert_eq!(parts(&"{{".repeat(100_000)).len(), 1);
    }

    #[test]
    fn the_first_source_with_a_value_wins() {
        struct Role;
        impl Variables for Role {
            fn variable(&self, name: &str) -> Option<Json> {
                (name == "currentUser.roleId").then(|| json!(7))
            }
        }
        let caller = Caller::new("1", "a@b.c");
        let both = (&caller, &Role);
        assert_eq!(both.variable("currentUser.roleId"), Some(json!(7)));
        assert_eq!(both.variable("currentUser.id"), Some(json!(1)));
        assert_eq!(both.variable("currentUser.nope"), None);
    }
}
