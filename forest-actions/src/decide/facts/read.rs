//! From the JSON of the Forest server to facts.
//!
//! Owns what becomes of a part that is not as the protocol says: it denies what it concerns and nothing else, and is named
//! beside the facts. A document that is none is an error with its place, never a default. Called by `facts` only.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::wire::{
    ActionWire, Apart, CollectionWire, ConditionWire, EnvironmentWire, FilterWire, LiveQueryWire, Object, RenderedWire,
    RenderingWire, RightWire, TagsWire, UserWire,
};
use super::{
    ActionRights, CollectionRights, EnvironmentPermissions, LiveQuerySegment, Malformed, RawFilter, RenderedCollection,
    RenderingFacts, Right, RoleCondition, RoleConditions, RoleId, RoleSet, TeamFacts, UserFacts, Users,
};
use crate::text::excerpt;

/// How much of a place or a problem is shown.
const SHOWN: usize = 200;
/// What is wrong with a condition that is no tree.
const NO_TREE: &str = "a condition is an object, or a text that holds one";
/// How many parts that cannot be read are named; the others are counted.
const NAMED: usize = 5;

/// The place of what is wrong as a whole.
const TOP: &str = "the top";

/// Reads the whole of a text.
pub(crate) fn from_json<'de, T: Deserialize<'de>>(payload: &'de [u8]) -> Result<T, Malformed> {
    let mut reader = serde_json::Deserializer::from_slice(payload);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        Malformed {
            place: if path == "." {
                TOP.to_owned()
            } else {
                excerpt(&path, SHOWN)
            },
            problem: excerpt(&error.inner().to_string(), SHOWN),
        }
    })?;
    reader.end().map_err(|error| Malformed {
        place: "the end".to_owned(),
        problem: excerpt(&error.to_string(), SHOWN),
    })?;
    Ok(value)
}

pub(super) fn environment(payload: &[u8]) -> Result<(EnvironmentPermissions, Unread), Malformed> {
    let collections = match from_json(payload)? {
        EnvironmentWire::Development => return Ok((EnvironmentPermissions::Development, Unread::default())),
        EnvironmentWire::Rules(rules) => rules.collections,
    };
    let mut reading = Reading::default();
    let collections = collections
        .into_iter()
        .map(|(name, wire)| {
            let wire = reading.part(format_args!("collections.{name}"), wire);
            let rights = wire.map(|Object(wire)| reading.collection_rights(&name, wire));
            (name, rights.unwrap_or_default())
        })
        .collect();
    Ok((EnvironmentPermissions::Rules { collections }, reading.unread))
}

pub(super) fn users(payload: &[u8]) -> Result<(Users, Unread), Malformed> {
    let wires: Vec<Apart<Object<UserWire>>> = from_json(payload)?;
    let mut reading = Reading::default();
    let mut users = HashMap::with_capacity(wires.len());
    for (index, wire) in wires.into_iter().enumerate() {
        if let Some(Object(wire)) = reading.part(format_args!("[{index}]"), wire) {
            let user = wire.into_user();
            users.insert(user.id.clone(), Arc::new(user));
        }
    }
    Ok((Users(users), reading.unread))
}

pub(super) fn rendering(payload: &[u8]) -> Result<(RenderingFacts, Unread), Malformed> {
    let Object(rendering): Object<RenderingWire> = from_json(payload)?;
    let mut reading = Reading::default();
    let team = rendering.team.and_then(|team| reading.part("team", team));
    let collections = rendering
        .collections
        .into_iter()
        .map(|(name, wire)| {
            let shown = match reading.part(format_args!("collections.{name}"), wire) {
                Some(Object(wire)) => reading.rendered(&name, wire),
                // whatever its scope was meant to be
                None => RenderedCollection {
                    scope: Some(RawFilter::unreadable()),
                    ..RenderedCollection::default()
                },
            };
            (name, shown)
        })
        .collect();
    let team = team.map(|Object(team)| TeamFacts {
        id: team.id.0,
        name: team.name.unwrap_or_default(),
    });
    Ok((RenderingFacts { team, collections }, reading.unread))
}

/// What is known while a payload is read.
///
/// What occurs many times in it is kept once: a thousand actions have few different sets of roles and few different
/// conditions.
#[derive(Default)]
struct Reading {
    roles: HashSet<Arc<[RoleId]>>,
    texts: HashSet<Arc<str>>,
    unread: Unread,
}

/// The parts of a payload that could not be read.
#[derive(Debug, Default)]
pub(super) struct Unread {
    /// How many there are.
    pub(super) count: usize,
    /// The first of them.
    named: Vec<Malformed>,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.named.iter().enumerate() {
            let between = if index == 0 { "" } else { "; " };
            write!(f, "{between}{problem}")?;
        }
        if self.count > self.named.len() {
            f.write_str("; …")?;
        }
        Ok(())
    }
}

impl Reading {
    /// A part that is read by itself; `None` when it cannot be.
    fn part<T>(&mut self, place: impl fmt::Display, part: Apart<T>) -> Option<T> {
        match part.0 {
            Ok(part) => Some(part),
            Err(problem) if problem.place == TOP => {
                self.note(place, problem.problem);
                None
            }
            Err(problem) => {
                self.note(format_args!("{place}.{}", problem.place), problem.problem);
                None
            }
        }
    }

    fn note(&mut self, place: impl fmt::Display, problem: String) {
        self.unread.count += 1;
        if self.unread.named.len() < NAMED {
            self.unread.named.push(Malformed {
                place: excerpt(&place.to_string(), SHOWN),
                problem,
            });
        }
    }

    fn collection_rights(&mut self, name: &str, wire: CollectionWire) -> CollectionRights {
        let place = format_args!("collections.{name}");
        let rights = wire
            .collection
            .and_then(|rights| self.part(format_args!("{place}.collection"), rights));
        let rights = rights.map(|Object(rights)| rights).unwrap_or_default();
        let actions = wire
            .actions
            .and_then(|actions| self.part(format_args!("{place}.actions"), actions));
        let actions = actions.unwrap_or_default().into_iter().map(|(action, wire)| {
            let place = format_args!("{place}.actions.{action}");
            let wire = self.part(place, wire);
            // half an action would be one without its conditions
            let rights = wire.map(|Object(wire)| self.action_rights(place, wire));
            (action, rights.unwrap_or_default())
        });
        let actions = actions.collect();
        let mut right = |member: &str, wire: Option<Apart<RightWire>>| {
            let wire = wire.and_then(|wire| self.part(format_args!("{place}.collection.{member}"), wire));
            self.right(wire)
        };
        CollectionRights {
            browse: right("browseEnabled", rights.browse_enabled),
            read: right("readEnabled", rights.read_enabled),
            edit: right("editEnabled", rights.edit_enabled),
            add: right("addEnabled", rights.add_enabled),
            delete: right("deleteEnabled", rights.delete_enabled),
            export: right("exportEnabled", rights.export_enabled),
            actions,
        }
    }

    fn action_rights(&mut self, place: fmt::Arguments<'_>, wire: ActionWire) -> ActionRights {
        let trigger = self.right(wire.trigger_enabled);
        let approval_required = self.right(wire.approval_required);
        let user_approval = self.right(wire.user_approval_enabled);
        let mut conditions = |member: &str, right: &Right, wire| self.conditions(place, member, right, wire);
        ActionRights {
            trigger_conditions: conditions("triggerConditions", &trigger, wire.trigger_conditions),
            approval_required_conditions: conditions(
                "approvalRequiredConditions",
                &approval_required,
                wire.approval_required_conditions,
            ),
            user_approval_conditions: conditions(
                "userApprovalConditions",
                &user_approval,
                wire.user_approval_conditions,
            ),
            self_approval: self.right(wire.self_approval_enabled),
            trigger,
            approval_required,
            user_approval,
        }
    }

    /// A right that is not given by roles ignores its conditions. Of two conditions of a role the last one wins, in
    /// the place of the first. One that is none is kept, because a role without a condition would be unconditional.
    fn conditions(
        &mut self,
        place: fmt::Arguments<'_>,
        member: &str,
        right: &Right,
        wire: Option<Vec<Object<ConditionWire>>>,
    ) -> RoleConditions {
        if !matches!(right, Right::Roles(_)) {
            return RoleConditions::default();
        }
        let mut conditions: Vec<RoleCondition> = Vec::new();
        let mut places: HashMap<RoleId, usize> = HashMap::new();
        for (index, Object(wire)) in wire.unwrap_or_default().into_iter().enumerate() {
            let role = wire.role_id;
            let filter = self.filter(format_args!("{place}.{member}[{index}].filter"), wire.filter);
            let filter = filter.unwrap_or_else(|| {
                self.note(format_args!("{place}.{member}[{index}].filter"), NO_TREE.to_owned());
                RawFilter::unreadable()
            });
            let known = *places.entry(role).or_insert(conditions.len());
            match conditions.get_mut(known) {
                Some(known) => known.filter = filter,
                None => conditions.push(RoleCondition { role, filter }),
            }
        }
        RoleConditions(conditions.into())
    }

    fn rendered(&mut self, name: &str, wire: RenderedWire) -> RenderedCollection {
        let place = format_args!("collections.{name}");
        // nobody may use a live query that cannot be read
        let segments = self.list(format_args!("{place}.segments"), wire.segments);
        let live_query_segments: Vec<Object<LiveQueryWire>> =
            self.list(format_args!("{place}.liveQuerySegments"), wire.live_query_segments);
        RenderedCollection {
            scope: self.filter(format_args!("{place}.scope"), wire.scope),
            segments: segments.into(),
            live_query_segments: live_query_segments
                .into_iter()
                .map(|Object(wire)| LiveQuerySegment {
                    connection: wire.connection_name,
                    query: wire.query,
                })
                .collect(),
        }
    }

    /// The members of a list that can be read.
    fn list<T>(&mut self, place: fmt::Arguments<'_>, wire: Option<Apart<Vec<Apart<T>>>>) -> Vec<T> {
        let wire = wire.and_then(|wire| self.part(place, wire)).unwrap_or_default();
        let members = wire.into_iter().enumerate();
        members
            .filter_map(|(index, member)| self.part(format_args!("{place}[{index}]"), member))
            .collect()
    }

    /// A tree of conditions, where there is one.
    fn filter(&mut self, place: fmt::Arguments<'_>, filter: Option<FilterWire>) -> Option<RawFilter> {
        let filter = filter?;
        if !filter.is_tree {
            self.note(place, NO_TREE.to_owned());
        }
        Some(self.shared_text(filter))
    }

    fn roles(&mut self, roles: Vec<RoleId>) -> Arc<[RoleId]> {
        match self.roles.get(roles.as_slice()) {
            Some(known) => Arc::clone(known),
            None => {
                let roles: Arc<[RoleId]> = roles.into();
                self.roles.insert(Arc::clone(&roles));
                roles
            }
        }
    }

    fn shared_text(&mut self, filter: FilterWire) -> RawFilter {
        RawFilter(match self.texts.get(&*filter.text) {
            Some(known) => Arc::clone(known),
            None => {
                let text: Arc<str> = filter.text.into();
                self.texts.insert(Arc::clone(&text));
                text
            }
        })
    }

    fn right(&mut self, wire: Option<RightWire>) -> Right {
        match wire {
            None | Some(RightWire::Flag(false)) => Right::Nobody,
            Some(RightWire::Flag(true)) => Right::Everybody,
            Some(RightWire::Roles(mut listed)) => {
                let mut seen = HashSet::new();
                listed.retain(|role| seen.insert(*role));
                let mut sorted = listed.clone();
                sorted.sort_unstable();
                let reordered = sorted != listed;
                Right::Roles(RoleSet {
                    sorted: self.roles(sorted),
                    listed: reordered.then(|| self.roles(listed)),
                })
            }
        }
    }
}

impl UserWire {
    fn into_user(self) -> UserFacts {
        let user = self;
        let mut tags: Vec<(Box<str>, Value)> = match user.tags {
            None => Vec::new(),
            Some(TagsWire::Map(tags)) => tags.into_iter().collect(),
            // through a map, so that the last of two equal keys wins here as well
            Some(TagsWire::Pairs(pairs)) => pairs
                .into_iter()
                .map(|pair| (pair.key, pair.value))
                .collect::<HashMap<_, _>>()
                .into_iter()
                .collect(),
        };
        tags.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        UserFacts {
            id: user.id.0,
            first_name: user.first_name.unwrap_or_default(),
            last_name: user.last_name.unwrap_or_default(),
            full_name: user.full_name.unwrap_or_default(),
            email: user.email.unwrap_or_default(),
            permission_level: user.permission_level.unwrap_or_default(),
            role: user.role_id,
            tags: tags.into(),
        }
    }
}
