//! Without a database there are no runs.

use std::convert::Infallible;
use std::time::Duration;

use super::row::{Claimed, Ended, Left, NewRun, NotDoneRecord, Progress, Released, RunRow, Submitted};

/// Never made.
#[derive(Debug, thiserror::Error)]
#[error("the database of the runs failed")]
pub(crate) struct StoreError(Infallible);

/// Never made.
#[derive(Debug, Clone)]
pub(crate) struct RunStore(Infallible);

macro_rules! methods {
    ($($name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        impl RunStore {$(
            #[allow(clippy::unused_async, reason = "as with a database")]
            pub(crate) async fn $name(&self, $($argument: $type),*) -> Result<$answer, StoreError> {
                match self.0 {}
            }
        )*}
    };
}

methods! {
    open(_schema: &str) -> ();
    submit(_run: &NewRun) -> Submitted;
    claim(_lease: &str, _owner: &str, _time: Duration, _endpoints: &str) -> Option<Claimed>;
    heartbeat(_claimed: &Claimed, _time: Duration) -> Left;
    checkpoint(_claimed: &Claimed, _progress: &Progress, _time: Duration) -> Left;
    release(_claimed: &Claimed, _released: Released<'_>) -> ();
    finish(_claimed: &Claimed, _ended: &Ended) -> bool;
    cancel(_id: &str, _who: &str) -> Option<RunRow>;
    get(_id: &str) -> Option<RunRow>;
    of_user(_user: &str, _at_most: u32) -> Vec<RunRow>;
    records(_id: &str) -> Vec<NotDoneRecord>;
    reasons(_id: &str) -> Vec<(NotDoneRecord, String)>;
    sweep(_endpoints: &str) -> ();
}
