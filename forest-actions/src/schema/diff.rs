//! Compares the schema that the code makes with the one that was committed.
//!
//! In production the committed file is what gets published, so an action that only the code knows cannot be seen in
//! the back office, and one that only the file knows answers "not found". Start-up logs each line of the result
//! (protocol: schema file, production). It compares what would be written, never changes anything, and leaves `meta`
//! out: the running version of the library may differ from the committed one.

use super::collate::compare_code_units;
use super::encode::ToTree;
use super::print::compact;
use super::tree::Node;
use super::{Action, Collection, Schema};
use std::fmt;

/// How much of a value a message shows.
const SHOWN: usize = 80;

/// All differences between two schemas, by collection and then by action, in the order of code units.
///
/// Its `Display` has one line per difference.
///
/// ```
/// use forest_actions::schema::{Action, ActionType, Collection, Meta, Schema};
///
/// let schema = |kind| {
///     let action = Action::new("Mark as Live", "/forest/actions/mark-as-live").kind(kind);
///     Schema::new(Meta::new("forest-actions", "0.1.0")).collection(Collection::new("companies").action(action))
/// };
/// let diff = schema(ActionType::Single).diff(&schema(ActionType::Bulk));
/// assert_eq!(
///     diff.to_string(),
///     r#"collection "companies", action "Mark as Live": `type` is "single" in the code, "bulk" in the file"#
/// );
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchemaDiff {
    differences: Vec<Difference>,
}

impl SchemaDiff {
    /// Whether the two schemas say the same.
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

/// One difference; its `Display` is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The collection.
    pub collection: String,
    /// The action, or `None` when the difference is the collection's own.
    pub action: Option<String>,
    /// What differs.
    pub change: Change,
}

/// What differs about a collection or an action.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The code has it, the file does not.
    OnlyInCode,
    /// The file has it, the code does not.
    OnlyInFile,
    /// Both have it, and a property is not the same.
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
    /// What differs between this schema, which the code makes, and `committed`, which was read from the file.
    ///
    /// A collection that only one side has is listed, and each of its actions as well. Order is not compared, apart
    /// from that of the fields of a form, which shows as their `position`.
    #[must_use]
    pub fn diff(&self, committed: &Self) -> SchemaDiff {
        // Names that occur twice are matched in the order of the file.
        let [code, file] = [self, committed].map(|schema| {
            let mut sorted = schema.clone();
            sorted.sort();
            sorted.collections
        });
        let mut differences = Vec::new();
        for (code, file) in pairs(&code, &file, |collection| &collection.name) {
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
            for (code, file) in pairs(actions(code), actions(file), |action| &action.name) {
                compare(code.map(Action::to_tree), file.map(Action::to_tree), |change| {
                    push(code.or(file), change)
                });
            }
        }
        SchemaDiff { differences }
    }
}

fn actions(collection: Option<&Collection>) -> &[Action] {
    collection.map_or(&[], |collection| &collection.actions)
}

/// A collection without its actions, which are compared one by one.
fn own_tree(collection: &Collection) -> Node {
    let mut members = collection.to_tree().into_members();
    members.retain(|(key, _)| key != "actions");
    Node::Object(members)
}

/// One element of the code's side with its counterpart in the file; one of both may be missing.
type Pair<'a, T> = (Option<&'a T>, Option<&'a T>);

/// Matches the named elements of both sides by name and, where a name is repeated, by occurrence.
fn pairs<'a, T>(code: &'a [T], file: &'a [T], name: impl Fn(&T) -> &str) -> Vec<Pair<'a, T>> {
    let named = |element: &&T| !name(element).is_empty();
    let mut matched: Vec<Pair<'_, T>> = code.iter().filter(named).map(|element| (Some(element), None)).collect();
    for element in file.iter().filter(named) {
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

/// Reports what differs between the two sides of one collection or action.
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
    // A default is a value of the user's own shape: what is inside it is no property.
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

/// The name by which an element of a list is known, or nothing: fields and segments have one.
fn element_name(node: &Node) -> &str {
    node.get("field")
        .or_else(|| node.get("name"))
        .and_then(Node::as_str)
        .unwrap_or_default()
}

/// A value in a message: absent, whole, or its beginning.
fn shown(value: Option<&str>) -> String {
    let Some(value) = value else {
        return "absent".to_owned();
    };
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", value.get(..end).unwrap_or(value)),
        None => value.to_owned(),
    }
}

/// Names may hold line breaks; a message is one line.
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
mod tests {
    use super::super::{ActionField, ActionHooks, CollectionField, FieldType, Meta};
    use super::*;

    fn schema(collections: impl IntoIterator<Item = Collection>) -> Schema {
        collections
            .into_iter()
            .fold(Schema::new(Meta::new("l", "1")), Schema::collection)
    }

    fn lines(code: &Schema, file: &Schema) -> Vec<String> {
        let diff = code.diff(file);
        assert_eq!(diff.to_string().lines().count(), diff.iter().count(), "one line each");
        diff.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn sch_06_equal_schemas_do_not_differ_whatever_their_order() {
        let (a, b) = (Collection::new("a").segment("x").segment("y"), Collection::new("b"));
        let code = schema([a.clone(), b.clone()]);
        let mut file = schema([b, a]);
        file.meta = Meta::new("other", "2");
        assert!(code.diff(&file).is_empty());
        assert_eq!(code.diff(&file).to_string(), "");
        // Whether change hooks were declared only shows in the order of two keys.
        let hooks = |hooks| schema([Collection::new("a").action(Action::new("x", "/x").hooks(hooks))]);
        let none: [&str; 0] = [];
        assert!(
            hooks(ActionHooks::new())
                .diff(&hooks(ActionHooks::new().change(none)))
                .is_empty()
        );
    }

    #[test]
    fn sch_06_a_default_is_compared_as_one_value() {
        let with = |value| {
            let field = ActionField::new("f", FieldType::Json).default_value(value);
            schema([Collection::new("c").action(Action::new("a", "/a").field(field))])
        };
        let (code, file) = (with(serde_json::json!([{"name": "x"}])), with(serde_json::json!([])));
        assert_eq!(
            lines(&code, &file),
            [r#"collection "c", action "a": `fields.f.defaultValue` is [{"name":"x"}] in the code, [] in the file"#]
        );
    }

    #[test]
    fn sch_06_actions_and_collections_of_one_side_only_are_named() {
        let code = schema([
            Collection::new("companies")
                .action(Action::new("New one", "/n"))
                .action(Action::new("Kept", "/k")),
            Collection::new("fresh").action(Action::new("Its own", "/i")),
        ]);
        let file = schema([
            Collection::new("companies")
                .action(Action::new("Kept", "/k"))
                .action(Action::new("Gone", "/g")),
            Collection::new("dropped"),
        ]);
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
        let code = schema([Collection::new("c")
            .read_only(true)
            .segment("new")
            .field(CollectionField::new("id", FieldType::Number))
            .action(
                Action::new("a\nb", "/a")
                    .description("Why")
                    .field(ActionField::new("Amount", FieldType::Number).required(true))
                    .field(ActionField::new("Reason", FieldType::String))
                    .hooks(ActionHooks::new().change(["x"])),
            )]);
        let file = schema([Collection::new("c")
            .field(CollectionField::new("id", FieldType::Uuid))
            .action(
                Action::new("a\nb", "/a")
                    .field(ActionField::new("Reason", FieldType::String).default_value(vec!["x".repeat(100)]))
                    .field(ActionField::new("Amount", FieldType::Number)),
            )]);
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
