//! The record rules of a role in a rendering. An unreadable scope shows no records, because a missing one would show all
//! (PER-02).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::decide::Actor;
use crate::decide::facts::{EnvironmentPermissions, RenderedCollection, RenderingFacts};
use crate::records::{Filter, GrantedQuery, LiveQueries, Models, RecordRules, Scope};

/// The collections that a role may not browse.
pub(super) struct Hidden {
    not_browsed: HashSet<String>,
    /// The models without these collections and the relations that lead to them.
    visible: Option<Arc<Models>>,
}

pub(super) fn hidden(environment: &EnvironmentPermissions, actor: Actor, models: &Models) -> Hidden {
    let not_browsed: HashSet<String> = models
        .iter()
        .filter(|model| {
            let browse = actor.holds_on(environment, &model.name, |rights| &rights.browse);
            browse.is_err()
        })
        .map(|model| model.name.clone())
        .collect();
    Hidden {
        visible: (!not_browsed.is_empty()).then(|| Arc::new(models.without(&not_browsed))),
        not_browsed,
    }
}

pub(super) fn record_rules(rendering: &RenderingFacts, hidden: &Hidden, models: &Models) -> RecordRules {
    let shown = || {
        models
            .iter()
            .filter_map(|model| Some((&model.name, rendering.collection(&model.name)?)))
    };
    RecordRules {
        scopes: shown()
            .filter_map(|(name, shown)| Some((name.clone(), scope(shown)?)))
            .collect(),
        live_queries: shown()
            .map(|(name, shown)| (name.clone(), live_queries(shown)))
            .filter(|(_, queries)| !queries.0.is_empty())
            .collect::<HashMap<_, _>>(),
        not_browsed: hidden.not_browsed.clone(),
        visible: hidden.visible.clone(),
    }
}

fn scope(shown: &RenderedCollection) -> Option<Scope> {
    let scope = shown.scope.as_ref()?;
    Some(match Filter::parse_text(scope.as_json()) {
        Ok(Some(filter)) => Scope::Filter(filter),
        Ok(None) => Scope::Unreadable("it has no condition".to_owned()),
        Err(error) => Scope::Unreadable(error.log_text()),
    })
}

/// The queries of live segments. The older form has no connection.
fn live_queries(shown: &RenderedCollection) -> LiveQueries {
    let older = shown.segments.iter().map(|sql| (None, sql));
    let newer = shown
        .live_query_segments
        .iter()
        .map(|segment| (segment.connection.as_deref(), &segment.query));
    LiveQueries(
        older
            .chain(newer)
            .map(|(connection, sql)| GrantedQuery {
                connection: connection.map(str::to_owned),
                sql: sql.to_string(),
            })
            .collect(),
    )
}
