//! The variables of scopes and conditions (protocol: scopes, variable injection), from the Forest server's current facts. The
//! session token is not used, because it shows the user as of the login, and a removed tag must not grant access.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::decide::facts::{TeamFacts, UserFacts};
use crate::records::Variables;

/// A user and the team of a rendering.
#[derive(Debug, Clone, Default)]
pub(super) struct Person {
    /// `None` for a user who is not in the project.
    pub(super) user: Option<Arc<UserFacts>>,
    /// `None` for a rendering without a team.
    pub(super) team: Option<TeamFacts>,
}

impl Variables for Person {
    fn variable(&self, name: &str) -> Option<Json> {
        let name = name.strip_prefix("currentUser.")?;
        if let Some(name) = name.strip_prefix("team.") {
            let team = self.team.as_ref()?;
            return match name {
                "id" => Some(number_or_text(&team.id)),
                "name" => text(&team.name),
                _ => None,
            };
        }
        let user = self.user.as_ref()?;
        if let Some(tag) = name.strip_prefix("tags.") {
            return user.tags.get(tag).filter(|value| !is_empty_value(value)).cloned();
        }
        match name {
            "id" => Some(number_or_text(&user.id)),
            "firstName" => text(&user.first_name),
            "lastName" => text(&user.last_name),
            "fullName" if user.full_name.is_empty() => {
                let joined = format!("{} {}", user.first_name, user.last_name);
                text(joined.trim())
            }
            "fullName" => text(&user.full_name),
            "email" => text(&user.email),
            "permissionLevel" => text(&user.permission_level),
            "roleId" => user.role.map(|role| role.0.into()),
            _ => None,
        }
    }
}

fn is_empty_value(value: &Json) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

fn text(value: &str) -> Option<Json> {
    (!value.is_empty()).then(|| value.into())
}

/// Ids are numbers in the protocol and texts in facts.
fn number_or_text(id: &str) -> Json {
    match id.parse::<i64>() {
        Ok(number) if number.to_string() == id => number.into(),
        _ => id.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::server::facts;

    fn person(user: &Json) -> Person {
        let payload = json!([user]).to_string();
        let users = facts::users(payload.as_bytes()).unwrap();
        Person {
            user: users.get("172").cloned(),
            team: Some(TeamFacts {
                id: "7".into(),
                name: "Ops".into(),
            }),
        }
    }

    #[test]
    fn per_17_user_variables_keep_their_types() {
        let ada = person(
            &json!({"id": 172, "firstName": "Ada", "lastName": "Lovelace", "fullName": "Ada Lovelace",
            "email": "ada@example.com", "permissionLevel": "user", "roleId": 3,
            "tags": {"country": "FR", "cities": ["Paris", "Lyon"], "limit": 5, "empty": "", "none": null}}),
        );
        for (name, value) in [
            ("currentUser.id", Some(json!(172))),
            ("currentUser.firstName", Some(json!("Ada"))),
            ("currentUser.lastName", Some(json!("Lovelace"))),
            ("currentUser.fullName", Some(json!("Ada Lovelace"))),
            ("currentUser.email", Some(json!("ada@example.com"))),
            ("currentUser.permissionLevel", Some(json!("user"))),
            ("currentUser.roleId", Some(json!(3))),
            ("currentUser.team.id", Some(json!(7))),
            ("currentUser.team.name", Some(json!("Ops"))),
            ("currentUser.tags.country", Some(json!("FR"))),
            ("currentUser.tags.cities", Some(json!(["Paris", "Lyon"]))),
            ("currentUser.tags.limit", Some(json!(5))),
            ("currentUser.tags.empty", None),
            ("currentUser.tags.none", None),
            ("currentUser.tags.nope", None),
            ("currentUser.team.nope", None),
            ("currentUser.nope", None),
            ("currentUser", None),
            ("id", None),
        ] {
            assert_eq!(ada.variable(name), value, "{name}");
        }
    }

    #[test]
    fn per_16_missing_attributes_have_no_value() {
        let nameless = person(&json!({"id": 172, "email": "x@example.com", "roleId": null}));
        for name in ["firstName", "fullName", "roleId", "permissionLevel", "tags.country"] {
            assert_eq!(nameless.variable(&format!("currentUser.{name}")), None, "{name}");
        }
        assert_eq!(Person::default().variable("currentUser.id"), None);
        assert_eq!(Person::default().variable("currentUser.team.name"), None);
    }
}
