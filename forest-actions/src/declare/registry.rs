//! All actions of the program: collected once, checked, sorted, and found by path in constant time.
//!
//! All problems are reported at once, with their places in the source. The linker lists actions in an unspecified order, so
//! they are sorted first.

use std::collections::HashMap;
use std::fmt;

use super::descriptor::{ActionDescriptor, Origin, Registered};
use super::endpoint::{canonical_path, endpoint_problem};
use super::form::FormDeclaration;
use crate::form::FieldSpec;
use crate::text::nearest;

/// The checked actions.
#[derive(Debug)]
pub(crate) struct Registry {
    actions: Vec<&'static ActionDescriptor>,
    targets: HashMap<String, Target>,
}

/// The target of a path.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// The action itself.
    Action(&'static ActionDescriptor),
    /// What the action will do.
    Preview(&'static ActionDescriptor),
    /// One of the action's form hooks.
    Hook(&'static ActionDescriptor, HookKind),
}

/// The hook routes that every action has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HookKind {
    /// The form opens.
    Load,
    /// A field has changed.
    Change,
    /// The user types in a field that searches.
    Search,
}

impl HookKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Change => "change",
            Self::Search => "search",
        }
    }
}

/// Paths of the agent itself, below the scope of the host.
const RESERVED_PATHS: [&str; 5] = [
    "/forest",
    "/forest/healthcheck",
    "/forest/authentication",
    "/forest/scope-cache-invalidation",
    "/forest/_internal",
];

/// In UTF-16 units, as the vendor counts.
const SUBMIT_BUTTON_LABEL_MAX: usize = 50;

impl Registry {
    /// The actions that are linked into the program.
    pub(crate) fn linked() -> Vec<&'static ActionDescriptor> {
        inventory::iter::<Registered>
            .into_iter()
            .map(|registered| registered.0)
            .collect()
    }

    /// Sorts and checks the given actions.
    pub(crate) fn new(mut actions: Vec<&'static ActionDescriptor>) -> Result<Self, Vec<ActionProblem>> {
        actions.sort_by(|a, b| {
            (a.collection, a.name, a.endpoint, a.origin.file, a.origin.line).cmp(&(
                b.collection,
                b.name,
                b.endpoint,
                b.origin.file,
                b.origin.line,
            ))
        });
        let mut problems = Vec::new();
        for action in &actions {
            problems.extend(own_problems(action).map(|reason| ActionProblem::new(action, reason)));
        }
        for pair in actions.windows(2) {
            if let [first, second] = pair
                && (first.collection, first.name) == (second.collection, second.name)
            {
                let reason = format!("collection `{}` has two actions of this name", second.collection);
                problems.push(ActionProblem::between(first, second, reason));
            }
        }
        let targets = route(&actions, &mut problems);
        if problems.is_empty() {
            Ok(Self { actions, targets })
        } else {
            Err(problems)
        }
    }

    /// The actions, by collection and name.
    pub(crate) fn actions(&self) -> &[&'static ActionDescriptor] {
        &self.actions
    }

    /// The target of a path in its canonical spelling.
    pub(crate) fn find(&self, path: &str) -> Option<Target> {
        self.targets.get(path).copied()
    }

    /// The endpoint most similar to an unknown path, for the log. Long paths are not compared: the client chooses the path, and
    /// the cost of a comparison grows faster than its length.
    pub(crate) fn nearest(&self, path: &str) -> Option<&'static str> {
        const MAX_COMPARED_BYTES: usize = 256;
        if path.len() > MAX_COMPARED_BYTES {
            return None;
        }
        let endpoints = self.actions.iter().map(|action| action.endpoint);
        endpoints
            .map(|endpoint| (strsim::jaro_winkler(endpoint, path), endpoint))
            .filter(|(likeness, _)| *likeness > 0.9)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, endpoint)| endpoint)
    }
}

/// The problems of one action by itself.
fn own_problems(action: &ActionDescriptor) -> impl Iterator<Item = String> {
    let blank = |what: &str, text: &str| text.trim().is_empty().then(|| format!("its {what} is empty"));
    let path = endpoint_problem(action.endpoint).map(|reason| {
        format!(
            "its endpoint `{}` cannot be served: {reason}",
            action.endpoint.escape_debug()
        )
    });
    let canonical = canonical_path(action.endpoint);
    let reserved = RESERVED_PATHS
        .iter()
        .any(|reserved| {
            canonical == *reserved
                || (*reserved != "/forest"
                    && canonical
                        .strip_prefix(reserved)
                        .is_some_and(|rest| rest.starts_with('/')))
        })
        .then(|| format!("its endpoint `{}` belongs to the agent itself", action.endpoint));
    let label = action
        .submit_button_label
        .filter(|label| label.encode_utf16().count() > SUBMIT_BUTTON_LABEL_MAX)
        .map(|_| format!("its submit button label has more than {SUBMIT_BUTTON_LABEL_MAX} characters"));
    let form = form_problems(action);
    [
        blank("collection", action.collection),
        blank("name", action.name),
        path,
        reserved,
        label,
    ]
    .into_iter()
    .flatten()
    .chain(form)
}

/// Mistakes in the form, and change hooks of fields that do not exist. A hook that runs before may add such a field.
fn form_problems(action: &ActionDescriptor) -> Vec<String> {
    let form = action.declared_form();
    let mut problems = form.as_ref().map(FormDeclaration::problems).unwrap_or_default();
    let fields = form.map(|form| form.fields).unwrap_or_default();
    let added: Vec<&str> = action.added_fields().collect();
    for name in &added {
        if fields.iter().any(|field| field.name == *name) || added.iter().filter(|other| *other == name).count() > 1 {
            problems.push(format!(
                "`preview` and `confirm` add a field named `{name}` to its form, which has one; give the question another \
                 field: `confirm(field = \"…\")`"
            ));
        }
    }
    for field in fields {
        if let Some(hook) = field.hook.filter(|hook| action.change_hook(hook).is_none()) {
            // the words of the vendor's agents, which users search for
            problems.push(format!(
                "the hook \"{hook}\" of its field `{}` is not defined",
                field.name
            ));
        }
    }
    let has_hook = action.load.is_some()
        || !action.change.is_empty()
        || fields
            .iter()
            .any(|field| field.change.is_some() || field.search.is_some());
    for field in fields.iter().filter(|field| field.needs_a_hook() && !has_hook) {
        problems.push(format!(
            "the options of its field `{}` come from a hook, and it has none",
            field.name
        ));
    }
    if can_grow(action, fields) {
        return problems;
    }
    for name in hooks_without_field(action, fields) {
        let hint = nearest_field(name, fields).map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
        problems.push(format!(
            "it has a change hook for `{name}`, and its form has no such field{hint}"
        ));
    }
    problems
}

/// Change hooks whose name resembles that of a field, where another hook could add a field of exactly this name.
pub(super) fn form_doubts(action: &ActionDescriptor) -> Vec<String> {
    let fields = action.declared_form().map(|form| form.fields).unwrap_or_default();
    if !can_grow(action, fields) {
        return Vec::new();
    }
    hooks_without_field(action, fields)
        .filter_map(|name| {
            let near = nearest_field(name, fields)?;
            Some(format!(
                "it has a change hook for `{name}`, and its form has no such field unless a hook adds it; did you mean `{near}`?"
            ))
        })
        .collect()
}

/// `true` when a hook runs before a change hook, which may add fields.
fn can_grow(action: &ActionDescriptor, fields: &[FieldSpec]) -> bool {
    action.load.is_some() || fields.iter().any(|field| is_changeable(action, field))
}

fn hooks_without_field<'a>(
    action: &'a ActionDescriptor,
    fields: &'a [FieldSpec],
) -> impl Iterator<Item = &'static str> + 'a {
    let is_known = |name: &str| {
        fields
            .iter()
            .any(|field| field.name == name || field.hook == Some(name))
    };
    action
        .change
        .iter()
        .map(|(name, _)| *name)
        .filter(move |name| !is_known(name))
}

fn nearest_field(name: &str, fields: &[FieldSpec]) -> Option<&'static str> {
    nearest(name, fields.iter().map(|field| field.name))
}

/// `true` when a change hook runs for this field.
fn is_changeable(action: &ActionDescriptor, field: &FieldSpec) -> bool {
    let names = [field.hook, Some(field.name)];
    field.change.is_some() || action.change.iter().any(|(name, _)| names.contains(&Some(*name)))
}

/// Maps every path to its target, and reports two actions on one path.
fn route(actions: &[&'static ActionDescriptor], problems: &mut Vec<ActionProblem>) -> HashMap<String, Target> {
    let mut targets: HashMap<String, Target> = HashMap::with_capacity(actions.len() * 4);
    for action in actions {
        let endpoint = canonical_path(action.endpoint);
        let mut paths = vec![
            (endpoint.to_string(), Target::Action(action)),
            (format!("{endpoint}/hooks/load"), Target::Hook(action, HookKind::Load)),
            (
                format!("{endpoint}/hooks/change"),
                Target::Hook(action, HookKind::Change),
            ),
            (
                format!("{endpoint}/hooks/search"),
                Target::Hook(action, HookKind::Search),
            ),
        ];
        if action.preview.is_some() {
            paths.push((format!("{endpoint}/preview"), Target::Preview(action)));
        }
        for (path, target) in paths {
            if let Some(other) = targets.get(&path) {
                let (Target::Action(other) | Target::Preview(other) | Target::Hook(other, _)) = other;
                // two actions of one name are reported as such, and their paths follow from the name
                if (other.collection, other.name) == (action.collection, action.name) {
                    continue;
                }
                // the hook paths of two equal endpoints collide too; one problem is enough
                if matches!(target, Target::Action(_)) || canonical_path(other.endpoint) != endpoint {
                    let reason = format!("both are served at `{path}`; give one of them another `endpoint`");
                    problems.push(ActionProblem::between(other, action, reason));
                }
            } else {
                targets.insert(path, target);
            }
        }
    }
    targets
}

/// A problem of an action, or of two actions, found when the program starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionProblem {
    name: &'static str,
    origin: Origin,
    other: Option<(&'static str, Origin)>,
    reason: String,
}

impl ActionProblem {
    /// The reason alone.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    /// The number of actions in a list of problems, in which one may occur several times.
    pub(crate) fn count_actions(problems: &[Self]) -> usize {
        let places = problems
            .iter()
            .map(|problem| (problem.name, problem.origin.file, problem.origin.line));
        places.collect::<std::collections::HashSet<_>>().len()
    }

    /// `true` for a problem of this action.
    pub(crate) fn is_about(&self, action: &ActionDescriptor) -> bool {
        (self.name, self.origin) == (action.name, action.origin)
    }

    pub(crate) fn new(action: &ActionDescriptor, reason: impl Into<String>) -> Self {
        Self {
            name: action.name,
            origin: action.origin,
            other: None,
            reason: reason.into(),
        }
    }

    fn between(first: &ActionDescriptor, second: &ActionDescriptor, reason: String) -> Self {
        Self {
            name: first.name,
            origin: first.origin,
            other: Some((second.name, second.origin)),
            reason,
        }
    }
}

impl fmt::Display for ActionProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "action \"{}\" at {}", self.name, self.origin)?;
        if let Some((name, origin)) = &self.other {
            write!(f, " and action \"{name}\" at {origin}")?;
        }
        write!(f, ": {}", self.reason)
    }
}
