//! The template variables of a chart (protocol: charts, context variables).

use serde_json::{Map, Value};

use crate::records::Variables;

/// The variables of the screen, which the request has, and those of the user, which it cannot change.
pub(super) struct ChartVariables<'v> {
    screen: Option<&'v Map<String, Value>>,
    user: &'v (dyn Variables + Send + Sync),
}

impl<'v> ChartVariables<'v> {
    pub(super) fn new(request: &'v Map<String, Value>, user: &'v (dyn Variables + Send + Sync)) -> Self {
        let screen = request.get("contextVariables").and_then(Value::as_object);
        Self { screen, user }
    }
}

impl Variables for ChartVariables<'_> {
    fn variable(&self, name: &str) -> Option<Value> {
        if name.starts_with("currentUser.") {
            return self.user.variable(name);
        }
        let screen = self.screen?;
        let nested = || {
            let (first, rest) = name.split_once('.')?;
            rest.split('.')
                .try_fold(screen.get(first)?, |value, part| value.get(part))
        };
        screen.get(name).or_else(nested).cloned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Ada;

    impl Variables for Ada {
        fn variable(&self, name: &str) -> Option<Value> {
            (name == "currentUser.id").then(|| 7.into())
        }
    }

    #[test]
    fn a_request_cannot_change_the_user() {
        let request = json!({"contextVariables": {
            "recordId": "12", "siteId.selectedValue": 3, "tab": {"open": {"id": 5}}, "currentUser.id": 1,
            "currentUser.email": "eve@example.com", "currentUser": {"email": "eve@example.com"},
        }});
        let variables = ChartVariables::new(request.as_object().unwrap(), &Ada);
        for (name, value) in [
            ("recordId", Some(json!("12"))),
            ("siteId.selectedValue", Some(json!(3))),
            ("tab.open.id", Some(json!(5))),
            ("currentUser.id", Some(json!(7))),
            ("currentUser.email", None),
            ("tab.shut.id", None),
            ("other", None),
        ] {
            assert_eq!(variables.variable(name), value, "{name}");
        }
        let none = Map::new();
        assert_eq!(ChartVariables::new(&none, &Ada).variable("recordId"), None);
    }
}
