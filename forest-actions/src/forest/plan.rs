//! The plan of an agent: what its code and its settings determine, checked once, before anything is started.

use std::fmt;
use std::sync::Arc;

use crate::audit::Audit;
use crate::config::{Config, Settings};
use crate::declare::{
    ActionDescriptor, ActionProblem, ChartDescriptor, Charts, Described, Registry, build_schema, doubts, misfits,
    reference_problems, rule_problems, run_problems,
};
use crate::error::Error;
use crate::http::own_actions;
use crate::local::LocalMode;
use crate::records::{
    CollectionModel, Models, RecordSource, RecordStore, SourceProblem, Writable, check_described, describe,
};
use crate::runs::Runs;
use crate::schema::{Collection, Meta, Schema};

/// The declarations of a [`ForestBuilder`](super::ForestBuilder), unchecked.
#[derive(Debug, Clone)]
pub(super) struct Declarations {
    /// `None` for all linked actions.
    pub(super) actions: Option<Vec<&'static ActionDescriptor>>,
    pub(super) only: Option<fn(&ActionDescriptor) -> bool>,
    pub(super) only_charts: Option<fn(&ChartDescriptor) -> bool>,
    pub(super) collections: Vec<CollectionModel>,
    pub(super) sources: Vec<Source>,
    pub(super) audit: Option<Audit>,
    pub(super) runs: Option<Runs>,
    pub(super) writable: Vec<(String, Writable)>,
    pub(super) meta: Meta,
}

/// A record source, which has no `Debug` of its own.
#[derive(Clone)]
pub(super) struct Source(pub(super) Arc<dyn RecordSource>);

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordSource")
    }
}

/// The checked actions, collections and records.
pub(super) struct Catalogue {
    pub(super) registry: Registry,
    pub(super) charts: Charts,
    pub(super) store: Option<RecordStore>,
    pub(super) schema: Schema,
    /// The names of the collections of the record source and of the code. The schema also has those that only actions name.
    pub(super) described: Vec<String>,
    /// Probable mistakes in actions, which do not stop the start.
    pub(super) doubts: Vec<ActionProblem>,
}

impl Catalogue {
    /// # Errors
    /// [`Error::Actions`] with every action that cannot be served, and the errors of the collections and the record source.
    pub(super) fn new(declarations: &Declarations) -> Result<Self, Error> {
        let mut actions = declarations.actions.clone().unwrap_or_else(Registry::linked);
        if let Some(only) = declarations.only {
            actions.retain(|action| only(action));
        }
        if declarations.runs.as_ref().is_some_and(Runs::is_browsable) {
            actions.extend(own_actions());
        }
        let registry = Registry::new(actions).map_err(Error::Actions)?;
        let store = store(
            &declarations.sources,
            declarations.audit.as_ref(),
            declarations.runs.as_ref(),
            &declarations.writable,
        )?;
        let collections = described(store.as_ref(), &declarations.collections)?;
        let comparison = Described {
            source: store.as_ref().map(|store| &*store.models),
            declared: &declarations.collections,
        };
        let mut problems = misfits(registry.actions(), comparison);
        problems.extend(reference_problems(registry.actions(), &collections));
        problems.extend(rule_problems(registry.actions(), store.as_ref()));
        let models = store.as_ref().map(|store| &*store.models);
        problems.extend(run_problems(registry.actions(), declarations.runs.is_some(), models));
        if !problems.is_empty() {
            return Err(Error::Actions(problems));
        }
        let mut charts = Charts::linked();
        if let Some(only) = declarations.only_charts {
            charts.retain(|chart| only(chart));
        }
        let charts = Charts::new(charts, comparison).map_err(Error::Charts)?;
        check_names(&collections, &declarations.collections)?;
        Ok(Self {
            doubts: doubts(registry.actions(), comparison),
            described: collections.iter().map(|collection| collection.name.clone()).collect(),
            schema: build_schema(declarations.meta.clone(), collections, registry.actions()),
            registry,
            charts,
            store,
        })
    }
}

/// The checked parts of an agent.
pub(super) struct Plan {
    pub(super) config: Config,
    pub(super) catalogue: Catalogue,
    /// Empty for a connected agent.
    pub(super) local: LocalMode,
}

impl Plan {
    /// # Errors
    /// As [`Catalogue::new`], [`Error::Setting`], and the errors of the roles and users of local mode.
    pub(super) fn new(settings: Settings, declarations: &Declarations, local: LocalMode) -> Result<Self, Error> {
        let catalogue = Catalogue::new(declarations)?;
        let config = settings.check()?;
        let local = if config.is_local() {
            local.check(&catalogue.schema, catalogue.store.as_ref())?
        } else {
            LocalMode::default()
        };
        Ok(Self {
            config,
            catalogue,
            local,
        })
    }
}

/// The collections of the record source and of the code. Their relations may cross.
fn described(store: Option<&RecordStore>, declared: &[CollectionModel]) -> Result<Vec<Collection>, Error> {
    let problems = check_described(declared);
    if !problems.is_empty() {
        return Err(Error::Collections(problems));
    }
    let of_source = store.into_iter().flat_map(|store| store.models.iter());
    let models = Models::new(of_source.chain(declared).cloned().collect());
    Ok(models.iter().map(|model| describe(model, &models)).collect())
}

/// Asks the record source for its collections, and checks them.
fn store(
    sources: &[Source],
    audit: Option<&Audit>,
    runs: Option<&Runs>,
    writable: &[(String, Writable)],
) -> Result<Option<RecordStore>, Error> {
    let source = match sources {
        [] if !writable.is_empty() => {
            return Err(Error::RecordSource(vec![SourceProblem::new(
                "there is none, and collections are to be writable",
            )]));
        }
        [] => None,
        [Source(source)] => Some(source.clone()),
        _ => return Err(Error::SeveralRecordSources),
    };
    let source = match audit {
        Some(audit) => audit.with_source(source),
        None => source,
    };
    let source = match runs {
        Some(runs) => runs.with_source(source),
        None => source,
    };
    let opened = source.map(|source| RecordStore::open(source, writable));
    opened.transpose().map_err(Error::RecordSource)
}

/// Refuses two collections of one name; `declared` are those of the code.
fn check_names(all: &[Collection], declared: &[CollectionModel]) -> Result<(), Error> {
    let mut names: Vec<&str> = all.iter().map(|collection| collection.name.as_str()).collect();
    names.sort_unstable();
    let twice = names.windows(2).find_map(|pair| match pair {
        [first, second] if first == second => Some(*first),
        _ => None,
    });
    let Some(name) = twice else { return Ok(()) };
    let in_code = declared.iter().filter(|collection| collection.name == name).count();
    Err(Error::DuplicateCollection {
        name: name.to_owned(),
        in_source: in_code < 2,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use crate::forest::Forest;
    use crate::records::{
        CollectionModel, FieldModel, Key, Page, Record, RecordQuery, RecordSource, SourceFuture, SourceProblem,
        ValueType,
    };

    /// Counts the calls of the methods that a start makes.
    #[derive(Default)]
    struct Counting {
        collections: AtomicUsize,
        problems: AtomicUsize,
    }

    impl RecordSource for &'static Counting {
        fn collections(&self) -> Vec<CollectionModel> {
            self.collections.fetch_add(1, Ordering::Relaxed);
            let id = FieldModel::new("id", ValueType::Integer);
            vec![CollectionModel::new("companies").field(id).key(["id"])]
        }

        fn problems(&self) -> Vec<SourceProblem> {
            self.problems.fetch_add(1, Ordering::Relaxed);
            Vec::new()
        }

        fn count<'a>(&'a self, _: &'a RecordQuery, _: Option<u64>) -> SourceFuture<'a, u64> {
            Box::pin(async { Ok(0) })
        }

        fn keys<'a>(&'a self, _: &'a RecordQuery, _: Option<&'a Key>, _: usize) -> SourceFuture<'a, Vec<Key>> {
            Box::pin(async { Ok(Vec::new()) })
        }

        fn records<'a>(&'a self, _: &'a RecordQuery, _: &'a Page) -> SourceFuture<'a, Vec<Record>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }

    fn source() -> &'static Counting {
        Box::leak(Box::default())
    }

    fn calls(source: &Counting) -> [usize; 2] {
        [&source.collections, &source.problems].map(|calls| calls.load(Ordering::Relaxed))
    }

    #[actix_web::test]
    async fn a_start_asks_the_record_source_for_its_collections_once() {
        let (started, dry) = (source(), source());
        let builder = || Forest::builder().actions([]).schema_file(false);
        let forest = builder().records(started).start().await.unwrap();
        assert_eq!(calls(started), [1, 1]);
        assert_eq!(forest.schema().collections.len(), 1);
        builder().records(dry).dry_run().await.unwrap();
        assert_eq!(calls(dry), [1, 1]);
    }

    #[test]
    fn a_schema_without_a_start_asks_once_and_a_token_not_at_all() {
        let source = source();
        let builder = Forest::builder().actions([]).records(source);
        builder.schema().unwrap();
        assert_eq!(calls(source), [1, 1]);
        builder.auth_secret("secret").local_token(1).unwrap();
        assert_eq!(calls(source), [1, 1]);
    }
}
