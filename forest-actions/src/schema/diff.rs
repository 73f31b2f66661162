//! Comparison of the schema that the code makes with the committed one.
//!
//! In production the committed file is published, so the back office does not show an action that only the code has, and one that
//! only the file has answers "not found" (protocol: schema file, production). `meta` is not compared: the running version of the
//! library may differ from the committed one.

use std::fmt;

use super::collate::compare_code_units;
use super::defaults::Named;
use super::print::compact;
use super::tree::Node;
use super::{Action, Collection, Schema};

/// Maximum length of a value in a message.
const SHOWN: usize = 80;

/// The differences between two schemas, sorted by collection and action.
///
/// Its `Display` has one line per difference:
///
/// ```
/// use forest_actions::Forest;
/// use forest_actions::schema::Schema;
///
/// let code = Forest::builder().actions([]).schema()?;
/// let committed: Schema = serde_json::from_str(
///     r#"{"collections": [{"name": "companies"}], "meta": {"liana": "forest-actions", "liana_version": "0.1.0"}}"#,
/// )?;
/// assert_eq!(code.diff(&committed).to_string(), r#"collection "companies" is in the file, but not in the code"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchemaDiff {
    differences: Vec<Difference>,
}

impl SchemaDiff {
    /// Returns `true` when the schemas are equal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.differences.is_empty()
    }

    /// The differences.
    pub fn iter(&self) -> std::slice::Iter<'_, Difference> {
        self.differences.iter()
    }

    /// The differences that concern actions.
    pub fn actions(&self) -> impl Iterator<Item = &Difference> {
        self.iter().filter(|difference| difference.action.is_some())
    }
}

impl IntoIterator for SchemaDiff {
    type Item = Difference;
    type IntoIter = std::vec::IntoIter<Difference>;

    fn into_iter(self) -> Self::IntoIter {
        self.differences.into_iter()
    }
}

impl<'a> IntoIterator for &'a SchemaDiff {
    type Item = &'a Difference;
    type IntoIter = std::slice::Iter<'a, Difference>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for SchemaDiff {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, difference) in self.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            difference.fmt(formatter)?;
        }
        Ok(())
    }
}

/// A difference. Its `Display` is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The collection.
    pub collection: String,
    /// The action, or `None` when the difference is the collection's own.
    pub action: Option<String>,
    /// The kind of difference.
    pub change: Change,
}

/// A difference of a collection or an action.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// In the code, but not in the file.
    OnlyInCode,
    /// In the file, but not in the code.
    OnlyInFile,
    /// In both, with another value of a property.
    Property {
        /// The property as the file names it, with dots into fields and hooks: `fields.Amount.isRequired`.
        name: String,
        /// The code's value as compact JSON, or `None` when the code does not give the property.
        code: Option<String>,
        /// The file's value as compact JSON, or `None` when the file does not have the property.
        file: Option<String>,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "collection {:?}", self.collection)?;
        if let Some(action) = &self.action {
            write!(formatter, ", action {action:?}")?;
        }
        match &self.change {
            Change::OnlyInCode => formatter.write_str(" is in the code, but not in the file"),
            Change::OnlyInFile => formatter.write_str(" is in the file, but not in the code"),
            Change::Property { name, code, file } => {
                let (name, code, file) = (one_line(name), shown(code.as_deref()), shown(file.as_deref()));
                write!(formatter, ": `{name}` is {code} in the code, {file} in the file")
            }
        }
    }
}

impl Schema {
    /// Compares this schema, which the code makes, with `committed`, which was [read](super::read) from the file.
    ///
    /// A collection that only one side has is listed, and each of its actions as well. Order is not compared, apart from that of the
    /// fields of a form, which shows as their `position`.
    #[must_use]
    pub fn diff(&self, committed: &Self) -> SchemaDiff {
        let mut differences = Vec::new();
        for (code, file) in pairs(&self.collections, &committed.collections, Named::name) {
            let Some(either) = code.or(file) else {
                continue;
            };
            let mut push = |action: Option<&Action>, change| {
                let action = action.map(|action| action.name.clone());
                differences.push(Difference {
                    collection: either.name.clone(),
                    action,
                    change,
                });
            };
            compare(code.map(own_tree), file.map(own_tree), |change| push(None, change));
            let [in_code, in_file] = [code, file].map(|side| side.map_or(&[][..], Collection::actions));
            for (code, file) in pairs(in_code, in_file, Named::name) {
                compare(code.map(Node::of), file.map(Node::of), |change| {
                    push(code.or(file), change)
                });
            }
        }
        SchemaDiff { differences }
    }
}

/// A collection without its actions, which are compared one by one.
fn own_tree(collection: &Collection) -> Node {
    let mut members = Node::of(collection).into_members();
    members.retain(|(key, _)| key != "actions");
    Node::Object(members)
}

/// An element of the code's side with its counterpart in the file; one of both may be missing.
type Pair<'a, T> = (Option<&'a T>, Option<&'a T>);

/// Matches the elements of both sides by name and, where a name is repeated, by occurrence.
fn pairs<'a, T>(code: &'a [T], file: &'a [T], name: impl Fn(&T) -> &str) -> Vec<Pair<'a, T>> {
    let mut matched: Vec<Pair<'_, T>> = code.iter().map(|element| (Some(element), None)).collect();
    for element in file {
        let is_free = |pair: &Pair<'_, T>| pair.1.is_none() && pair.0.is_some_and(|other| name(other) == name(element));
        match matched.iter_mut().find(|pair| is_free(pair)) {
            Some(pair) => pair.1 = Some(element),
            None => matched.push((None, Some(element))),
        }
    }
    matched.sort_by(|a, b| {
        let [a, b] = [a, b].map(|pair| pair.0.or(pair.1).map_or("", &name));
        compare_code_units(a, b)
    });
    matched
}

/// Reports the differences of the two sides of a collection or action.
fn compare(code: Option<Node>, file: Option<Node>, mut report: impl FnMut(Change)) {
    match (code, file) {
        (Some(code), Some(file)) => compare_nodes("", Some(&code), Some(&file), &mut report),
        (Some(_), None) => report(Change::OnlyInCode),
        (None, Some(_)) => report(Change::OnlyInFile),
        (None, None) => {}
    }
}

/// Walks into objects and into lists of named objects, and reports the values that differ under their path.
fn compare_nodes(path: &str, code: Option<&Node>, file: Option<&Node>, report: &mut impl FnMut(Change)) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    // a default is a value of the user's own shape, compared as a whole
    let is_opaque = path.ends_with("defaultValue");
    match (code, file) {
        (Some(code), Some(file)) if compact(code) == compact(file) => {}
        (Some(Node::Object(ours)), Some(Node::Object(theirs))) if !is_opaque => {
            let only_theirs = theirs
                .iter()
                .filter(|(key, _)| !ours.iter().any(|(other, _)| other == key));
            for (key, _) in ours.iter().chain(only_theirs) {
                compare_nodes(&below(key), value(ours, key), value(theirs, key), report);
            }
        }
        (Some(Node::Array(ours)), Some(Node::Array(theirs)))
            if !is_opaque
                && ours
                    .iter()
                    .chain(theirs)
                    .all(|element| !element_name(element).is_empty()) =>
        {
            for (code, file) in pairs(ours, theirs, element_name) {
                compare_nodes(&below(code.or(file).map_or("", element_name)), code, file, report);
            }
        }
        (code, file) => {
            report(Change::Property {
                name: path.to_owned(),
                code: code.map(compact),
                file: file.map(compact),
            });
        }
    }
}

fn value<'a>(members: &'a [(String, Node)], key: &str) -> Option<&'a Node> {
    members.iter().find(|(name, _)| name == key).map(|(_, value)| value)
}

/// The name of a field or segment; empty for other elements of lists.
fn element_name(node: &Node) -> &str {
    node.get("field")
        .or_else(|| node.get("name"))
        .and_then(Node::as_str)
        .unwrap_or_default()
}

/// A value in a message: `absent`, whole, or its beginning.
fn shown(value: Option<&str>) -> String {
    let Some(value) = value else {
        return "absent".to_owned();
    };
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", value.get(..end).unwrap_or(value)),
        None => value.to_owned(),
    }
}

/// Escapes the line breaks that names may hold.
fn one_line(name: &str) -> String {
    let mut line = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::schema;
    use super::*;

    fn lines(code: &Schema, file: &Schema) -> Vec<String> {
        let diff = code.diff(file);
        assert_eq!(diff.to_string().lines().count(), diff.iter().count(), "one line each");
        diff.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn sch_06_equal_schemas_do_not_differ() {
        let code = schema(json!([{"name": "a", "segments": [{"name": "x"}, {"name": "y"}]}, {"name": "b"}]));
        let mut file = schema(json!([{"name": "b"}, {"name": "a", "segments": [{"name": "y"}, {"name": "x"}]}]));
        file.meta.liana = "other".to_owned();
        assert!(code.diff(&file).is_empty());
        assert_eq!(code.diff(&file).to_string(), "");
    }

    #[test]
    fn sch_06_the_order_of_the_hooks_is_no_difference() {
        let hooks = |hooks: &str| -> Schema {
            let text = r#"{"collections": [{"name": "a", "actions": [{"name": "x", "endpoint": "/x", "hooks": HOOKS}]}],
                "meta": {"liana": "l", "liana_version": "1"}}"#;
            serde_json::from_str(&text.replace("HOOKS", hooks)).unwrap()
        };
        let [undeclared, empty] = [r#"{"load": false, "change": []}"#, r#"{"change": [], "load": false}"#].map(hooks);
        assert_ne!(undeclared, empty);
        assert!(undeclared.diff(&empty).is_empty());
    }

    #[test]
    fn sch_06_a_default_is_compared_as_one_value() {
        let with = |value: Value| {
            let field = json!({"field": "f", "type": "Json", "defaultValue": value});
            schema(json!([{"name": "c", "actions": [{"name": "a", "endpoint": "/a", "fields": [field]}]}]))
        };
        let (code, file) = (with(json!([{"name": "x"}])), with(json!([])));
        assert_eq!(
            lines(&code, &file),
            [r#"collection "c", action "a": `fields.f.defaultValue` is [{"name":"x"}] in the code, [] in the file"#]
        );
    }

    #[test]
    fn sch_06_actions_and_collections_of_one_side_only_are_named() {
        let action = |name: &str| json!({"name": name, "endpoint": "/x"});
        let code = schema(json!([
            {"name": "companies", "actions": [action("New one"), action("Kept")]},
            {"name": "fresh", "actions": [action("Its own")]},
        ]));
        let file = schema(json!([
            {"name": "companies", "actions": [action("Kept"), action("Gone")]},
            {"name": "dropped"},
        ]));
        assert_eq!(
            lines(&code, &file),
            [
                r#"collection "companies", action "Gone" is in the file, but not in the code"#,
                r#"collection "companies", action "New one" is in the code, but not in the file"#,
                r#"collection "dropped" is in the file, but not in the code"#,
                r#"collection "fresh" is in the code, but not in the file"#,
                r#"collection "fresh", action "Its own" is in the code, but not in the file"#,
            ]
        );
        assert_eq!(code.diff(&file).actions().count(), 3);
    }

    #[test]
    fn sch_06_each_property_that_differs_has_a_line_with_its_path_and_both_values() {
        let code = schema(json!([{
            "name": "c", "isReadOnly": true,
            "segments": [{"name": "new"}],
            "fields": [{"field": "id", "type": "Number"}],
            "actions": [{
                "name": "a\nb", "endpoint": "/a", "description": "Why",
                "fields": [{"field": "Amount", "type": "Number", "isRequired": true}, {"field": "Reason"}],
                "hooks": {"change": ["x"], "load": false},
            }],
        }]));
        let file = schema(json!([{
            "name": "c",
            "fields": [{"field": "id", "type": "Uuid"}],
            "actions": [{
                "name": "a\nb", "endpoint": "/a",
                "fields": [{"field": "Reason", "defaultValue": ["x".repeat(100)]}, {"field": "Amount", "type": "Number"}],
            }],
        }]));
        let field = r#"collection "c", action "a\nb": `fields."#;
        assert_eq!(
            lines(&code, &file),
            [
                r#"collection "c": `isReadOnly` is true in the code, false in the file"#.to_owned(),
                r#"collection "c": `fields.id.type` is "Number" in the code, "Uuid" in the file"#.to_owned(),
                r#"collection "c": `segments.new` is {"name":"new"} in the code, absent in the file"#.to_owned(),
                r#"collection "c", action "a\nb": `description` is "Why" in the code, absent in the file"#.to_owned(),
                format!("{field}Amount.isRequired` is true in the code, false in the file"),
                format!("{field}Amount.position` is 0 in the code, 1 in the file"),
                format!(
                    r#"{field}Reason.defaultValue` is null in the code, ["{}… in the file"#,
                    "x".repeat(78)
                ),
                format!("{field}Reason.position` is 1 in the code, 0 in the file"),
                r#"collection "c", action "a\nb": `hooks.change` is ["x"] in the code, [] in the file"#.to_owned(),
            ]
        );
    }
}
