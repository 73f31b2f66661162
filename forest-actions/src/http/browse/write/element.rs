//! The route that changes one element of a list field.

use actix_web::HttpResponse;
use serde_json::Value;

use super::body::data_of;
use super::writer::Writer;
use super::{Request, WriteError, done};
use crate::form::FormError;
use crate::http::browse::route::Browse;
use crate::records::{Draft, ValueType, written};
use crate::response::ActionError;

impl<'r> Request<'r> {
    /// Sets the element at an index; the index after the last one appends.
    pub(super) async fn set_element(&self, writer: &mut Writer<'r>, body: &[u8]) -> Result<HttpResponse, ActionError> {
        let Browse::Element { field, index, .. } = self.browse else {
            return Err(ActionError::internal("an element without a field"));
        };
        let Some(field) = self.collection.find_field(field) else {
            return Err(ActionError::internal("an element of no field"));
        };
        let field = self.writable(field)?;
        let not_a_list = || WriteError::NotAList {
            field: field.name.clone(),
        };
        let element = element_of(data_of(body)?, &field.value_type);
        let key = writer.one(self.collection, self.key()?).await?;
        let mut elements = match writer.attribute(self.collection, &key, &field.name).await? {
            Value::Array(elements) => elements,
            Value::Null if matches!(field.value_type, ValueType::List(_) | ValueType::Json) => Vec::new(),
            _ => return Err(not_a_list().into()),
        };
        let length = elements.len();
        match elements.get_mut(*index) {
            Some(old) => *old = element,
            None if *index == length => elements.push(element),
            None => {
                let field = field.name.clone();
                return Err(WriteError::IndexOutOfBounds { field, length }.into());
            }
        }
        let value = written(field, &Value::Array(elements));
        let value = value.map_err(|problem| FormError::fields([(field.name.clone(), problem)]))?;
        let mut draft = Draft::new();
        draft.put(field.name.clone(), value);
        writer.update(self.collection, &[key], draft).await?;
        Ok(done())
    }
}

/// The element: `attributes` of the body, or `attributes.value`.
fn element_of(mut data: Value, value_type: &ValueType) -> Value {
    let attributes = data.get_mut("attributes").map(Value::take).unwrap_or_default();
    let has_members = matches!(value_type, ValueType::Json)
        || matches!(value_type, ValueType::List(element) if **element == ValueType::Json);
    match attributes {
        Value::Object(mut members) if members.contains_key("value") && (!has_members || members.len() == 1) => {
            members.remove("value").unwrap_or_default()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_element_is_read_in_both_forms() {
        let texts = ValueType::List(Box::new(ValueType::Text));
        assert_eq!(element_of(json!({"attributes": "a"}), &texts), json!("a"));
        assert_eq!(element_of(json!({"attributes": {"value": "a"}}), &texts), json!("a"));
        let objects = ValueType::Json;
        assert_eq!(element_of(json!({"attributes": {"value": 1}}), &objects), json!(1));
        let element = json!({"value": 1, "unit": "kg"});
        assert_eq!(element_of(json!({"attributes": element}), &objects), element);
        assert_eq!(element_of(json!({}), &objects), json!(null));
    }
}
