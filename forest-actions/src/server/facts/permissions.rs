//! The three permission documents: rights of the environment, users, renderings.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use super::wire::{
    ActionWire, CollectionWire, ConditionWire, EnvironmentWire, FilterWire, LiveQueryWire, Object, RenderedWire,
    RenderingWire, RightWire, TagsWire, Tolerant, UserWire,
};
use super::{Malformed, SHOWN, TOP, from_json};
use crate::decide::ChartDefinition;
use crate::decide::facts::{
    ActionRights, CollectionRights, EnvironmentPermissions, LiveQuerySegment, RawFilter, RenderedCollection,
    RenderingFacts, Right, RoleConditions, RoleId, Tags, TeamFacts, UserFacts, Users,
};
use crate::text::{excerpt, one_line};

const NOT_A_TREE: &str = "a condition is an object, or a text that holds one";
/// Number of unreadable parts that a log line names; the others are counted.
const NAMED: usize = 5;

/// Reads the permissions of an environment.
///
/// # Errors
/// [`Malformed`] for a document of another shape.
pub(crate) fn environment(payload: &[u8]) -> Result<EnvironmentPermissions, Malformed> {
    read_environment(payload).map(|read| logged("permissions of the environment", read))
}

/// Reads the users of a project.
///
/// # Errors
/// [`Malformed`] for a document of another shape.
pub(crate) fn users(payload: &[u8]) -> Result<Users, Malformed> {
    read_users(payload).map(|read| logged("users", read))
}

/// Reads the permissions of a rendering.
///
/// # Errors
/// [`Malformed`] for a document of another shape.
pub(crate) fn rendering(payload: &[u8]) -> Result<RenderingFacts, Malformed> {
    read_rendering(payload).map(|read| logged("permissions of a rendering", read))
}

fn logged<T>(call: &'static str, (facts, unreadable): (T, Unreadable)) -> T {
    if unreadable.count > 0 {
        tracing::error!(
            call,
            kind = "malformed",
            parts = unreadable.count,
            cause = one_line(&unreadable),
            "parts of the Forest server's answer are malformed; the rights and records that they describe are denied"
        );
    }
    facts
}

pub(super) fn read_environment(payload: &[u8]) -> Result<(EnvironmentPermissions, Unreadable), Malformed> {
    let collections = match from_json(payload)? {
        EnvironmentWire::Development => return Ok((EnvironmentPermissions::Development, Unreadable::default())),
        EnvironmentWire::Rules(rules) => rules.collections,
    };
    let mut reader = Reader::default();
    let collections = collections
        .into_iter()
        .map(|(name, wire)| {
            let wire = reader.part(format_args!("collections.{name}"), wire);
            let rights = wire.map(|Object(wire)| reader.collection_rights(&name, wire));
            (name, rights.unwrap_or_default())
        })
        .collect();
    Ok((EnvironmentPermissions::Rules { collections }, reader.unreadable))
}

pub(super) fn read_users(payload: &[u8]) -> Result<(Users, Unreadable), Malformed> {
    let wires: Vec<Tolerant<Object<UserWire>>> = from_json(payload)?;
    let mut reader = Reader::default();
    let users = wires.into_iter().enumerate().filter_map(|(index, wire)| {
        let Object(wire) = reader.part(format_args!("[{index}]"), wire)?;
        Some(user(wire))
    });
    let users = users.collect();
    Ok((users, reader.unreadable))
}

pub(super) fn read_rendering(payload: &[u8]) -> Result<(RenderingFacts, Unreadable), Malformed> {
    let Object(rendering): Object<RenderingWire> = from_json(payload)?;
    let mut reader = Reader::default();
    let team = rendering.team.and_then(|team| reader.part("team", team));
    let collections = rendering
        .collections
        .into_iter()
        .map(|(name, wire)| {
            let rendered = match reader.part(format_args!("collections.{name}"), wire) {
                Some(Object(wire)) => reader.rendered(&name, wire),
                None => RenderedCollection {
                    scope: Some(RawFilter::unreadable()),
                    ..RenderedCollection::default()
                },
            };
            (name, rendered)
        })
        .collect();
    let team = match team.map(|Object(team)| (team.id, team.name)) {
        Some((Some(id), name)) => Some(TeamFacts {
            id: id.0,
            name: name.unwrap_or_default(),
        }),
        Some((None, Some(_))) => {
            reader.note("team", "missing field `id`".to_owned());
            None
        }
        // the vendor's own test server sends an empty team
        Some((None, None)) | None => None,
    };
    let charts = reader.list(format_args!("stats"), rendering.stats);
    let facts = RenderingFacts {
        team,
        collections,
        charts: charts.iter().map(ChartDefinition::of).collect(),
    };
    Ok((facts, reader.unreadable))
}

/// Reads one document. Equal role lists and equal conditions share their memory: a thousand actions have few different ones.
#[derive(Default)]
struct Reader {
    roles: HashSet<Arc<[RoleId]>>,
    filters: HashSet<Arc<str>>,
    unreadable: Unreadable,
}

/// The parts of a document that could not be read.
#[derive(Debug, Default)]
pub(super) struct Unreadable {
    pub(super) count: usize,
    first: Vec<Malformed>,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.first.iter().enumerate() {
            let between = if index == 0 { "" } else { "; " };
            write!(f, "{between}{problem}")?;
        }
        if self.count > self.first.len() {
            f.write_str("; …")?;
        }
        Ok(())
    }
}

impl Reader {
    fn part<T>(&mut self, place: impl fmt::Display, part: Tolerant<T>) -> Option<T> {
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
        self.unreadable.count += 1;
        if self.unreadable.first.len() < NAMED {
            self.unreadable.first.push(Malformed {
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
            // all or nothing: a part of an action could be the action without its conditions
            let rights = wire.map(|Object(wire)| self.action_rights(place, wire));
            (action, Arc::new(rights.unwrap_or_default()))
        });
        let actions = actions.collect();
        let mut right = |member: &str, wire: Option<Tolerant<RightWire>>| {
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

    /// An unreadable condition is kept, because a role without a condition would hold the right unconditionally.
    fn conditions(
        &mut self,
        place: fmt::Arguments<'_>,
        member: &str,
        right: &Right,
        wire: Option<Vec<Object<ConditionWire>>>,
    ) -> RoleConditions {
        let conditions = wire.unwrap_or_default().into_iter().enumerate();
        let conditions = conditions.map(|(index, Object(wire))| {
            let place = format_args!("{place}.{member}[{index}].filter");
            let filter = self.filter(place, wire.filter).unwrap_or_else(|| {
                self.note(place, NOT_A_TREE.to_owned());
                RawFilter::unreadable()
            });
            (wire.role_id, filter)
        });
        RoleConditions::new(right, conditions)
    }

    fn rendered(&mut self, name: &str, wire: RenderedWire) -> RenderedCollection {
        let place = format_args!("collections.{name}");
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

    /// The readable members of a list.
    fn list<T>(&mut self, place: fmt::Arguments<'_>, wire: Option<Tolerant<Vec<Tolerant<T>>>>) -> Vec<T> {
        let wire = wire.and_then(|wire| self.part(place, wire)).unwrap_or_default();
        let members = wire.into_iter().enumerate();
        members
            .filter_map(|(index, member)| self.part(format_args!("{place}[{index}]"), member))
            .collect()
    }

    fn filter(&mut self, place: fmt::Arguments<'_>, filter: Option<FilterWire>) -> Option<RawFilter> {
        let filter = filter?;
        if !filter.is_tree {
            self.note(place, NOT_A_TREE.to_owned());
        }
        Some(RawFilter(shared(&mut self.filters, filter.text)))
    }

    fn right(&mut self, wire: Option<RightWire>) -> Right {
        match wire {
            None | Some(RightWire::Flag(false)) => Right::Nobody,
            Some(RightWire::Flag(true)) => Right::Everybody,
            Some(RightWire::Roles(mut roles)) => {
                let mut seen = HashSet::new();
                roles.retain(|role| seen.insert(*role));
                Right::Roles(shared(&mut self.roles, roles.into()))
            }
        }
    }
}

/// The known value that is equal to this one, or this one from now on.
fn shared<T: ?Sized + Eq + std::hash::Hash>(known: &mut HashSet<Arc<T>>, value: Box<T>) -> Arc<T>
where
    Arc<T>: From<Box<T>>,
{
    match known.get(&*value) {
        Some(known) => Arc::clone(known),
        None => {
            let value: Arc<T> = value.into();
            known.insert(Arc::clone(&value));
            value
        }
    }
}

fn user(wire: UserWire) -> UserFacts {
    UserFacts {
        id: wire.id.0,
        first_name: wire.first_name.unwrap_or_default(),
        last_name: wire.last_name.unwrap_or_default(),
        full_name: wire.full_name.unwrap_or_default(),
        email: wire.email.unwrap_or_default(),
        permission_level: wire.permission_level.unwrap_or_default(),
        role: wire.role_id,
        tags: match wire.tags {
            None => Tags::default(),
            Some(TagsWire::Map(tags)) => tags.into_iter().collect(),
            Some(TagsWire::Pairs(pairs)) => pairs.into_iter().map(|pair| (pair.key, pair.value)).collect(),
        },
    }
}
