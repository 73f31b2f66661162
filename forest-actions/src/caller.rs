//! The authenticated user, read from the claims of a session token.
//!
//! Agents write ids as text or number, names in camelCase or snake_case, tags as a list of pairs or as a map (AUT-10).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono_tz::Tz;
use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::text::full_name;

/// The person who triggers an action; an extractor for handlers and hooks.
///
/// ```
/// use forest_actions::{ActionResult, Caller, success};
///
/// async fn greet(caller: Caller) -> ActionResult {
///     Ok(success(format!("Hello {}, of team {}", caller.first_name, caller.team)))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// The user's id, as text.
    pub id: String,
    /// The user's e-mail address.
    pub email: String,
    /// The user's first name; empty if absent from the token.
    pub first_name: String,
    /// The user's last name; empty if absent from the token.
    pub last_name: String,
    /// The team in which the user works; empty if absent from the token.
    pub team: String,
    /// The role, by name; empty if absent from the token.
    pub role: String,
    /// `admin`, `developer`, `editor`, `user`…; empty if absent from the token.
    pub permission_level: String,
    /// The user's tags, by key.
    pub tags: BTreeMap<String, String>,
    /// The rendering (a team's view of the project) that the user works in.
    pub rendering_id: String,
    /// The time zone of the user's browser, sent with each request; UTC when it sends none.
    pub timezone: Tz,
    /// The zone that the request names, if it does not exist. Routes that run code of the program refuse such a request.
    pub(crate) unknown_zone: Option<Arc<str>>,
}

/// The time zone of a request, or the unknown name that the request gives instead. It is refused where a zone is needed.
pub(crate) type Zone<'a> = Result<Tz, &'a str>;

impl Caller {
    /// A caller with nothing but an id and an e-mail address, for a unit test that calls a handler. The other
    /// fields are public.
    ///
    /// ```
    /// let mut ada = forest_actions::Caller::new(1, "ada@example.com");
    /// ada.role = "Admin".to_owned();
    /// assert_eq!(ada.full_name(), "ada@example.com");
    /// ```
    pub fn new(id: impl ToString, email: impl Into<String>) -> Self {
        Self {
            id: id.to_string(),
            email: email.into(),
            first_name: String::new(),
            last_name: String::new(),
            team: String::new(),
            role: String::new(),
            permission_level: String::new(),
            tags: BTreeMap::new(),
            rendering_id: String::new(),
            timezone: Tz::UTC,
            unknown_zone: None,
        }
    }

    pub(crate) fn zone(&self) -> Zone<'_> {
        self.unknown_zone.as_deref().map_or(Ok(self.timezone), Err)
    }

    /// First and last name, or the e-mail address when both are empty.
    #[must_use]
    pub fn full_name(&self) -> String {
        full_name(&self.first_name, &self.last_name, &self.email)
    }
}

/// The claims of a token, all optional; [`Claims::into_caller`] requires an id.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Claims {
    #[serde(default)]
    id: Option<Value>,
    #[serde(default, deserialize_with = "text")]
    email: Option<String>,
    #[serde(default, rename = "firstName", deserialize_with = "text")]
    first_name_camel: Option<String>,
    #[serde(default, rename = "first_name", deserialize_with = "text")]
    first_name_snake: Option<String>,
    #[serde(default, rename = "lastName", deserialize_with = "text")]
    last_name_camel: Option<String>,
    #[serde(default, rename = "last_name", deserialize_with = "text")]
    last_name_snake: Option<String>,
    #[serde(default, deserialize_with = "text")]
    team: Option<String>,
    #[serde(default, deserialize_with = "text")]
    role: Option<String>,
    #[serde(default, rename = "permissionLevel", deserialize_with = "text")]
    permission_level_camel: Option<String>,
    #[serde(default, rename = "permission_level", deserialize_with = "text")]
    permission_level_snake: Option<String>,
    #[serde(default)]
    tags: Option<Tags>,
    #[serde(default, rename = "renderingId")]
    rendering_id_camel: Option<Value>,
    #[serde(default, rename = "rendering_id")]
    rendering_id_snake: Option<Value>,
    /// Whole seconds, except for one agent that writes a fraction.
    #[serde(default)]
    pub(crate) exp: Option<f64>,
    #[serde(default)]
    pub(crate) nbf: Option<f64>,
    /// Refresh tokens of other programs, signed with the same secret, carry a `type`.
    #[serde(default, rename = "type")]
    kind: Option<Value>,
    /// Session tokens of an older format carry `data`.
    #[serde(default)]
    data: Option<Value>,
}

impl Claims {
    /// Recognises tokens of another kind or an older format (protocol: verification, old format).
    pub(crate) fn is_not_a_session(&self) -> bool {
        self.kind.as_ref().is_some_and(is_truthy) || self.data.as_ref().is_some_and(is_truthy)
    }

    /// `None` without a user id.
    pub(crate) fn into_caller(self, timezone: Tz) -> Option<Caller> {
        let rendering_id = self.rendering_id_camel.as_ref().or(self.rendering_id_snake.as_ref());
        Some(Caller {
            id: text_or_number(self.id.as_ref()?)?,
            email: self.email.unwrap_or_default(),
            first_name: self.first_name_camel.or(self.first_name_snake).unwrap_or_default(),
            last_name: self.last_name_camel.or(self.last_name_snake).unwrap_or_default(),
            team: self.team.unwrap_or_default(),
            role: self.role.unwrap_or_default(),
            permission_level: self
                .permission_level_camel
                .or(self.permission_level_snake)
                .unwrap_or_default(),
            tags: self.tags.unwrap_or_default().0,
            rendering_id: rendering_id.and_then(text_or_number).unwrap_or_default(),
            timezone,
            unknown_zone: None,
        })
    }
}

/// Visits scalars that are dropped.
macro_rules! nothing {
    () => {
        fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_str<E: de::Error>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
}

/// Truthiness as in JavaScript.
pub(crate) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// A text claim; anything else counts as absent.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    deserializer.deserialize_any(TextVisitor)
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<de::IgnoredAny, de::IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<de::IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

pub(crate) fn text_or_number(value: &Value) -> Option<String> {
    match value {
        // 172.0 is the number 172
        Value::Number(number) if number.is_f64() => {
            let number = number.as_f64().filter(|number| number.fract() == 0.0)?;
            Some(format!("{number:.0}"))
        }
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `[{"key": k, "value": v}]` or `{k: v}`. Values that are not text are kept as JSON; other forms are dropped.
#[derive(Debug, Default)]
struct Tags(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TagsVisitor).map(Self)
    }
}

struct TagsVisitor;

impl<'de> Visitor<'de> for TagsVisitor {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tags")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut tags = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            tags.insert(key, as_text(value));
        }
        Ok(tags)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut tags = BTreeMap::new();
        while let Some(Pair(pair)) = list.next_element()? {
            tags.extend(pair);
        }
        Ok(tags)
    }

    nothing!();
}

/// An element of a list of tags; `None` when malformed.
struct Pair(Option<(String, String)>);

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PairVisitor).map(Self)
    }
}

struct PairVisitor;

impl<'de> Visitor<'de> for PairVisitor {
    type Value = Option<(String, String)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tag")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut key, mut value) = (None, None);
        while let Some(member) = map.next_key()? {
            match member {
                Member::Key => key = Some(map.next_value::<Value>()?),
                Member::Value => value = Some(map.next_value::<Value>()?),
                Member::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(match (key, value) {
            (Some(Value::String(key)), Some(value)) => Some((key, as_text(value))),
            _ => None,
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    nothing!();
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Member {
    Key,
    Value,
    #[serde(other)]
    Other,
}

fn as_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn caller(claims: Value) -> Option<Caller> {
        serde_json::from_value::<Claims>(claims).ok()?.into_caller(Tz::UTC)
    }

    #[test]
    fn aut_10_the_claims_of_every_agent_give_the_same_caller() {
        let express = json!({"id": "172", "email": "a@b.c", "firstName": "Ada", "lastName": "L", "team": "Ops", "role": "Manager",
            "tags": [{"key": "country", "value": "Canada"}], "permissionLevel": "admin", "renderingId": 42, "iat": 1, "exp": 2});
        let node = json!({"id": 172, "email": "a@b.c", "firstName": "Ada", "lastName": "L", "team": "Ops", "role": "Manager",
            "tags": {"country": "Canada"}, "permissionLevel": "admin", "renderingId": 42});
        let rails = json!({"id": "172", "email": "a@b.c", "first_name": "Ada", "last_name": "L", "team": "Ops", "role": "Manager",
            "tags": [{"key": "country", "value": "Canada"}], "permission_level": "admin", "rendering_id": "42"});
        let both = json!({"id": 172, "email": "a@b.c", "firstName": "Ada", "first_name": "Ada", "lastName": "L", "last_name": "L", "team": "Ops",
            "role": "Manager", "tags": {"country": "Canada"}, "permissionLevel": "admin", "permission_level": "admin", "renderingId": "42",
            "rendering_id": 42, "scope": "step-execution", "serverToken": "x"});
        let expected = caller(express);
        assert!(expected.is_some());
        for other in [node, rails, both] {
            assert_eq!(caller(other), expected);
        }
        let django = json!({"id": "172", "email": "a@b.c", "first_name": "Ada", "last_name": "L", "team": "Ops", "permission_level": "admin",
            "rendering_id": "42", "exp": 1795334889.25});
        let django = caller(django).map(|c| (c.id, c.role, c.tags.len()));
        assert_eq!(django, Some(("172".to_owned(), String::new(), 0)));
    }

    #[test]
    fn a_token_without_a_user_id_has_no_caller() {
        for claims in [
            json!({}),
            json!({"id": null}),
            json!({"id": ""}),
            json!({"id": true}),
            json!({"id": []}),
        ] {
            assert_eq!(caller(claims.clone()), None, "{claims}");
        }
    }

    #[test]
    fn null_claims_are_absent_and_odd_tags_are_dropped() {
        let caller =
            caller(json!({"id": 1, "email": null, "tags": [{"key": "a"}, 3, {"key": "b", "value": 2}], "team": null}));
        let caller = caller.map(|c| (c.email, c.tags.into_iter().collect::<Vec<_>>()));
        assert_eq!(caller, Some((String::new(), vec![("b".to_owned(), "2".to_owned())])));
    }
}
