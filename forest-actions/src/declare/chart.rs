//! Charts in code: their declarations, and the registry of all of them.

use std::collections::BTreeMap;
use std::fmt;

use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use super::descriptor::Origin;
use super::fitness::{Described, key_misfit};
use super::need::{Invocation, Need, Needs};
use crate::response::ActionError;

/// The function of a chart with uniform arguments and result.
pub(crate) type InvokeChart = fn(Invocation) -> LocalBoxFuture<'static, Result<Value, ActionError>>;

/// The declaration of a chart in code; [`smart_chart`](macro@crate::smart_chart) writes it as a `static`.
#[derive(Clone)]
#[non_exhaustive]
pub struct ChartDescriptor {
    /// The name, which is a part of its path.
    pub name: &'static str,
    /// The collection of the records that it is about.
    pub collection: Option<&'static str>,
    /// Its type in the protocol, such as `Value`; `None` for any JSON.
    pub chart_type: Option<&'static str>,
    /// The place of the chart in the source.
    pub origin: Origin,
    /// The function.
    #[doc(hidden)]
    pub invoke: InvokeChart,
}

#[doc(hidden)]
impl ChartDescriptor {
    #[must_use]
    pub const fn new(
        name: &'static str,
        collection: Option<&'static str>,
        chart_type: Option<&'static str>,
        origin: Origin,
        invoke: InvokeChart,
    ) -> Self {
        Self {
            name,
            collection,
            chart_type,
            origin,
            invoke,
        }
    }
}

impl ChartDescriptor {
    /// Returns whether one of its arguments reads the record on screen.
    pub(crate) fn needs_record(&self) -> bool {
        let needs = Needs::of(self.invoke);
        needs.iter().any(|need| matches!(need, Need::Keys(_)))
    }
}

impl fmt::Debug for ChartDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChartDescriptor")
            .field("name", &self.name)
            .field("collection", &self.collection)
            .field("chart_type", &self.chart_type)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// The entry of a chart in the link-time registry.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct RegisteredChart(pub &'static ChartDescriptor);

inventory::collect!(RegisteredChart);

/// The charts of the program, by collection and name.
#[derive(Debug, Default)]
pub(crate) struct Charts(BTreeMap<(Option<&'static str>, &'static str), &'static ChartDescriptor>);

impl Charts {
    /// The charts that are linked into the program.
    pub(crate) fn linked() -> Vec<&'static ChartDescriptor> {
        let registered = inventory::iter::<RegisteredChart>.into_iter();
        registered.map(|registered| registered.0).collect()
    }

    /// Checks the charts.
    ///
    /// # Errors
    /// Every chart that cannot be served.
    pub(crate) fn new(
        mut charts: Vec<&'static ChartDescriptor>,
        described: Described<'_>,
    ) -> Result<Self, Vec<ChartProblem>> {
        charts.sort_by_key(|chart| (chart.collection, chart.name, chart.origin.file, chart.origin.line));
        let mut problems: Vec<ChartProblem> = charts
            .iter()
            .flat_map(|chart| misfits(chart, described).map(|reason| ChartProblem::new(chart, reason)))
            .collect();
        let mut known = BTreeMap::new();
        for chart in charts {
            if let Some(other) = known.insert((chart.collection, chart.name), chart) {
                let reason = format!("the chart at {} has the same path", other.origin);
                problems.push(ChartProblem::new(chart, reason));
            }
        }
        match problems.is_empty() {
            true => Ok(Self(known)),
            false => Err(problems),
        }
    }

    pub(crate) fn get(&self, collection: Option<&str>, name: &str) -> Option<&'static ChartDescriptor> {
        self.0.get(&(collection, name)).copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static ChartDescriptor> {
        self.0.values().copied()
    }
}

/// The mistakes of a chart that show with the collections.
fn misfits<'d>(chart: &ChartDescriptor, described: Described<'d>) -> impl Iterator<Item = String> + use<'d> {
    let (collection, needs) = (chart.collection, Needs::of(chart.invoke).into_iter());
    needs.filter_map(move |need| match need {
        Need::Keys(check) => key_misfit(check, described.find(collection?)?),
        Need::Nothing | Need::Records => None,
    })
}

/// A problem of a chart, found when the program starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartProblem {
    name: &'static str,
    origin: Origin,
    reason: String,
}

impl ChartProblem {
    fn new(chart: &ChartDescriptor, reason: String) -> Self {
        Self {
            name: chart.name,
            origin: chart.origin,
            reason,
        }
    }
}

impl fmt::Display for ChartProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chart \"{}\" at {}: {}", self.name, self.origin, self.reason)
    }
}
