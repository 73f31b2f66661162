//! The fields of a command, sent as JSON by a program or as a form by the control page.

use serde_json::{Map, Value};

use super::requests::RecordedRequest;

/// The fields, by name.
#[derive(Debug)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads the body.
    ///
    /// # Errors
    /// It is neither a form nor a JSON object. An empty body has no field.
    pub(super) fn read(request: &RecordedRequest) -> Result<Self, String> {
        if request.is_form() {
            let pairs = url::form_urlencoded::parse(&request.body);
            let fields = pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())));
            return Ok(Self(fields.collect()));
        }
        if request.body.is_empty() {
            return Ok(Self(Map::new()));
        }
        match request.json() {
            Some(Value::Object(fields)) => Ok(Self(fields)),
            _ => Err("the body must be a JSON object or a form".to_owned()),
        }
    }

    /// A text; a blank one is none.
    pub(super) fn optional_text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.trim().is_empty())
    }

    pub(super) fn text(&self, name: &str) -> Result<&str, String> {
        let text = self.optional_text(name);
        text.ok_or_else(|| format!("{name} must be a text"))
    }

    /// A whole number, which a form can only send as text.
    pub(super) fn optional_number(&self, name: &str) -> Result<Option<u64>, String> {
        let number = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(value) => value.as_u64(),
        };
        number.map(Some).ok_or_else(|| format!("{name} must be a whole number"))
    }

    pub(super) fn number(&self, name: &str) -> Result<u64, String> {
        let number = self.optional_number(name)?;
        number.ok_or_else(|| format!("{name} is missing"))
    }

    pub(super) fn boolean(&self, name: &str) -> Result<bool, String> {
        match self.0.get(name) {
            Some(Value::Bool(value)) => Ok(*value),
            Some(Value::String(text)) if text == "true" => Ok(true),
            Some(Value::String(text)) if text == "false" => Ok(false),
            _ => Err(format!("{name} must be true or false")),
        }
    }

    /// JSON, which a form sends as text. Null and a blank text are none.
    pub(super) fn json(&self, name: &str) -> Result<Option<Value>, String> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => match serde_json::from_str(text) {
                Ok(value) => Ok(Some(value).filter(|value: &Value| !value.is_null())),
                Err(error) => Err(format!("{name} is not JSON: {error}")),
            },
            Some(value) => Ok(Some(value.clone())),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}
