//! The filter tree: leaves that test a field, joined by and/or. The resolver checks fields and values.

use serde_json::{Map, Value};

use super::error::{FilterFormat, QueryError};
use super::operator::Operator;
use crate::json::is_too_large;

/// Maximum depth of the tree. The back office builds two levels, and joining filters adds one or two.
const MAX_DEPTH: usize = 16;

/// Maximum number of branches and leaves.
const MAX_NODES: usize = 1_000;

/// Maximum number of branches, leaves and values together.
const MAX_SIZE: usize = 20_000;

/// A filter on a collection, in the language of the back office. Its fields and values are not checked yet.
///
/// ```
/// use forest_actions::records::{Filter, Operator};
///
/// let open = Filter::leaf("status", Operator::In, ["pending", "refused"]);
/// let large = Filter::leaf("amount", Operator::GreaterThanOrEqual, 100);
/// let both = Filter::and([open, large]);
/// # let _ = both;
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Filter {
    /// All of these hold; the empty list always holds.
    And(Vec<Filter>),
    /// At least one of these holds; the empty list never holds.
    Or(Vec<Filter>),
    /// A test of a field.
    Leaf {
        /// The field, or `relation:field`.
        field: String,
        /// The operator.
        operator: Operator,
        /// The value that the field is compared with; null for an operator without a value.
        value: serde_json::Value,
    },
}

impl Filter {
    /// A test of `field`, or of `relation:field`. The value is JSON as in the protocol.
    pub fn leaf(field: impl Into<String>, operator: Operator, value: impl Into<serde_json::Value>) -> Self {
        Self::Leaf {
            field: field.into(),
            operator,
            value: value.into(),
        }
    }

    /// Requires all of the filters.
    pub fn and(filters: impl IntoIterator<Item = Filter>) -> Self {
        Self::And(filters.into_iter().collect())
    }

    /// Requires at least one of the filters.
    pub fn or(filters: impl IntoIterator<Item = Filter>) -> Self {
        Self::Or(filters.into_iter().collect())
    }
}

impl Filter {
    /// Parses the JSON of a filter tree (protocol: filters): branches `{"aggregator": "and", "conditions": […]}` and leaves
    /// `{"field", "operator", "value"}`; `value` may be absent where the operator takes none. Returns `None` for `null`,
    /// `false`, `0` and the empty text.
    ///
    /// # Errors
    /// A wrong structure (422), an unknown operator or aggregator (422), more than 16 levels (400), more than 1000 nodes
    /// (400), or more than 20,000 nodes and values (400). Fields and values are not checked.
    pub fn parse(json: &Value) -> Result<Option<Self>, QueryError> {
        if is_falsy(json) {
            return Ok(None);
        }
        let mut size = Size::default();
        node(json, 1, &mut size).map(Some)
    }

    /// Parses the text of a filter tree like [`Filter::parse`]. Returns `None` for the empty text.
    ///
    /// # Errors
    /// The errors of [`Filter::parse`], or a text that is not JSON (422).
    pub fn parse_text(text: &str) -> Result<Option<Self>, QueryError> {
        if text.is_empty() {
            return Ok(None);
        }
        if is_too_large(text) {
            return Err(QueryError::TooManyFilterValues(MAX_SIZE));
        }
        match serde_json::from_str(text) {
            Ok(json) => Self::parse(&json),
            Err(_) => Err(QueryError::MalformedFilter(FilterFormat::NotJson)),
        }
    }
}

impl Filter {
    /// Returns whether the filter limits the records to a period, which has one before it: by itself, or inside of "and".
    pub(super) fn has_period(&self) -> bool {
        match self {
            Self::And(filters) => filters.iter().any(Self::has_period),
            // of the other alternatives, the period before would be the same one
            Self::Or(filters) => matches!(filters.as_slice(), [only] if only.has_period()),
            Self::Leaf { operator, .. } => operator.is_period(),
        }
    }

    /// Returns whether the records that match depend on a time zone.
    pub(crate) fn depends_on_zone(&self) -> bool {
        match self {
            Self::And(filters) | Self::Or(filters) => filters.iter().any(Self::depends_on_zone),
            Self::Leaf { operator, .. } => operator.depends_on_zone(),
        }
    }
}

/// The size of a tree, as far as it has been read.
#[derive(Default)]
struct Size {
    nodes: usize,
    values: usize,
}

impl Size {
    fn add(&mut self, nodes: usize, values: usize) -> Result<(), QueryError> {
        self.nodes += nodes;
        self.values += values;
        if self.nodes > MAX_NODES {
            return Err(QueryError::FilterTooLarge(MAX_NODES));
        }
        if self.nodes + self.values > MAX_SIZE {
            return Err(QueryError::TooManyFilterValues(MAX_SIZE));
        }
        Ok(())
    }
}

fn node(json: &Value, depth: usize, size: &mut Size) -> Result<Filter, QueryError> {
    if depth > MAX_DEPTH {
        return Err(QueryError::FilterTooDeep(MAX_DEPTH));
    }
    size.add(1, 0)?;
    let members = match json {
        Value::Object(members) if !members.is_empty() => members,
        Value::String(text) if !text.is_empty() => return Err(QueryError::MalformedFilter(FilterFormat::RawValue)),
        Value::Array(list) if !list.is_empty() => return Err(QueryError::MalformedFilter(FilterFormat::RawArray)),
        _ => return Err(QueryError::MalformedFilter(FilterFormat::Empty)),
    };
    match members.get("aggregator").filter(|aggregator| !is_falsy(aggregator)) {
        Some(aggregator) => branch(aggregator, members, depth, size),
        None => leaf(members, size),
    }
}

fn branch(
    aggregator: &Value,
    members: &Map<String, Value>,
    depth: usize,
    size: &mut Size,
) -> Result<Filter, QueryError> {
    let Some(Value::Array(conditions)) = members.get("conditions") else {
        return Err(QueryError::MalformedFilter(FilterFormat::ConditionsNotAnArray));
    };
    let conditions = conditions
        .iter()
        .map(|condition| node(condition, depth + 1, size))
        .collect::<Result<_, _>>()?;
    match aggregator.as_str() {
        Some("and" | "And") => Ok(Filter::And(conditions)),
        Some("or" | "Or") => Ok(Filter::Or(conditions)),
        _ => Err(QueryError::UnknownOperator),
    }
}

fn leaf(members: &Map<String, Value>, size: &mut Size) -> Result<Filter, QueryError> {
    let invalid = || QueryError::MalformedFilter(FilterFormat::InvalidLeaf);
    let (Some(Value::String(field)), Some(Value::String(operator))) = (members.get("field"), members.get("operator"))
    else {
        return Err(invalid());
    };
    let operator = Operator::parse(operator).ok_or(QueryError::UnknownOperator);
    let value = match (members.get("value"), &operator) {
        (Some(value), _) => value.clone(),
        (None, Ok(operator)) if !operator.needs_value() => Value::Null,
        (None, _) => return Err(invalid()),
    };
    size.add(0, values_in(&value))?;
    Ok(Filter::Leaf {
        field: field.clone(),
        operator: operator?,
        value,
    })
}

/// The number of values in a list, which may be written as a text with commas.
fn values_in(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.iter().map(values_in).sum(),
        Value::String(text) => text.bytes().filter(|byte| *byte == b',').count() + 1,
        _ => 1,
    }
}

/// The falsy values of JavaScript.
fn is_falsy(json: &Value) -> bool {
    match json {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::records::operator::every_operator;

    fn refusal(json: &Value) -> (u16, String) {
        Filter::parse(json).unwrap_err().answered()
    }

    #[test]
    fn sel_13_trees_are_parsed_recursively_in_either_spelling() {
        let tree = json!({"aggregator": "And", "source": "data", "conditions": [
            {"field": "status", "operator": "Equal", "value": "paid", "more": 1},
            {"aggregator": "or", "conditions": [
                {"field": "customer:age", "operator": "greater_than", "value": 3},
                {"aggregator": "and", "conditions": []},
            ]},
        ]});
        let expected = Filter::and([
            Filter::leaf("status", Operator::Equal, "paid"),
            Filter::or([Filter::leaf("customer:age", Operator::GreaterThan, 3), Filter::and([])]),
        ]);
        assert_eq!(Filter::parse(&tree).unwrap(), Some(expected.clone()));
        assert_eq!(Filter::parse_text(&tree.to_string()).unwrap(), Some(expected));
    }

    #[test]
    fn a_period_is_found_by_itself_and_inside_of_and() {
        let period = || Filter::leaf("at", Operator::PreviousMonth, Value::Null);
        let other = || Filter::leaf("at", Operator::Past, Value::Null);
        for (filter, expected) in [
            (period(), true),
            (other(), false),
            (Filter::and([other(), period()]), true),
            (Filter::and([other(), Filter::and([period()])]), true),
            (Filter::and([other(), Filter::or([period(), other()])]), false),
            (Filter::or([period()]), true),
            (Filter::or([period(), period()]), false),
            (Filter::and([]), false),
        ] {
            assert_eq!(filter.has_period(), expected, "{filter:?}");
        }
    }

    #[test]
    fn a_falsy_root_means_no_filter() {
        for text in ["", "null", "0", "0.0", "false", "\"\"", " null "] {
            assert_eq!(Filter::parse_text(text).unwrap(), None, "{text:?}");
        }
    }

    #[test]
    fn malformed_filters_have_the_texts_of_the_protocol() {
        let empty = "Empty condition in filter";
        let raw_value = "Filters cannot be a raw value";
        let raw_array = "Filters cannot be a raw array";
        let no_list = "Filters' conditions must be an array";
        let no_leaf = "Invalid condition format";
        let unknown = "The given operator is not handled.";
        let leaf = json!({"field": "a", "operator": "equal", "value": 1});
        let inside = |node: Value| json!({"aggregator": "and", "conditions": [node]});
        for (json, detail) in [
            (json!({}), empty),
            (json!([]), empty),
            (json!(42), empty),
            (json!(true), empty),
            (inside(json!(null)), empty),
            (inside(json!("")), empty),
            (inside(json!(0)), empty),
            (json!("paid"), raw_value),
            (inside(json!("paid")), raw_value),
            (json!([leaf]), raw_array),
            (inside(json!([leaf])), raw_array),
            (json!({"aggregator": "and"}), no_list),
            (json!({"aggregator": "xor"}), no_list),
            (json!({"aggregator": "and", "conditions": {"0": leaf}}), no_list),
            (json!({"conditions": [leaf]}), no_leaf),
            (json!({"aggregator": "", "conditions": [leaf]}), no_leaf),
            (json!({"field": "a", "operator": "equal"}), no_leaf),
            (json!({"operator": "equal", "value": 1}), no_leaf),
            (json!({"field": 1, "operator": "equal", "value": 1}), no_leaf),
            (json!({"field": "a", "operator": null, "value": 1}), no_leaf),
            (json!({"field": "a", "operator": "is_equal", "value": 1}), unknown),
            (json!({"field": "a", "operator": "match", "value": 1}), unknown),
            (json!({"aggregator": "xor", "conditions": [leaf]}), unknown),
            (json!({"aggregator": "AND", "conditions": []}), unknown),
            (json!({"aggregator": 1, "conditions": []}), unknown),
            // inner conditions are checked first
            (json!({"aggregator": "xor", "conditions": [null]}), empty),
        ] {
            assert_eq!(refusal(&json), (422, detail.to_owned()), "{json}");
        }
        for text in ["{", "{'a': 1}", "nul", "\u{0}", "[1] 2"] {
            let error = Filter::parse_text(text).unwrap_err();
            assert_eq!(error.to_string(), "Invalid filters JSON format", "{text:?}");
        }
    }

    #[test]
    fn value_may_be_absent_for_operators_that_take_none_and_no_others() {
        for operator in every_operator() {
            let name = operator.as_str();
            let leaf = json!({"field": "a", "operator": name});
            let takes_none = matches!(
                name,
                "present" | "blank" | "missing" | "today" | "yesterday" | "past" | "future"
            ) || (name.starts_with("previous_") && !name.contains("_x_"));
            if takes_none {
                let expected = Filter::leaf("a", operator, Value::Null);
                assert_eq!(Filter::parse(&leaf).unwrap(), Some(expected), "{name}");
            } else {
                assert_eq!(refusal(&leaf), (422, "Invalid condition format".to_owned()), "{name}");
            }
        }
    }

    #[test]
    fn sel_13_depth_and_size_are_bounded() {
        let nested = |levels: usize| {
            (1..levels).fold(
                json!({"field": "a", "operator": "present", "value": null}),
                |inner, _| json!({"aggregator": "and", "conditions": [inner]}),
            )
        };
        assert!(Filter::parse(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(refusal(&nested(MAX_DEPTH + 1)).0, 400);

        let wide = |leaves: usize| {
            let leaf = json!({"field": "a", "operator": "present", "value": null});
            json!({"aggregator": "or", "conditions": vec![leaf; leaves]})
        };
        assert!(Filter::parse(&wide(MAX_NODES - 1)).is_ok());
        assert_eq!(refusal(&wide(MAX_NODES)).0, 400);

        let bomb = format!(
            "{}{}",
            "{\"aggregator\":\"and\",\"conditions\":[".repeat(100_000),
            "]}".repeat(100_000)
        );
        assert_eq!(
            Filter::parse_text(&bomb).unwrap_err().to_string(),
            "Invalid filters JSON format"
        );
        assert!(Filter::parse_text(&"[".repeat(1_000_000)).is_err());
    }

    #[test]
    fn sel_13_mutated_texts_are_accepted_or_refused_with_422() {
        let text = r#"{"aggregator":"or","conditions":[{"field":"a:é","operator":"in","value":["x",1.5e3,null]},{"field":"b","operator":"Like","value":{"c":"\u0000"}}]}"#;
        let mut accepted = 0;
        for position in 0..text.len() {
            for replacement in [&b""[..], b"\0", b"\"", b"{", b"]", b"-", b"\xc3\xa9"] {
                let mut bytes = text.as_bytes().to_vec();
                bytes.splice(position..=position, replacement.iter().copied());
                match Filter::parse_text(&String::from_utf8_lossy(&bytes)) {
                    Ok(_) => accepted += 1,
                    Err(error) => assert_eq!(error.answered().0, 422),
                }
            }
        }
        assert!(accepted > 0);
    }
}
