//! Acts on the selected records one by one.

use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt as _, TryStreamExt as _};
use serde::de::DeserializeOwned;

use crate::records::Records;
use crate::response::{ActionError, NotDone, Results};

/// Failures in a row that end a run: the trouble is not in the records then.
const FAILURES_IN_A_ROW: u64 = 5;

impl<T: DeserializeOwned> Records<T> {
    /// Calls `act` with each record, which are read in chunks of `size` (1 to 50,000), in the order of
    /// [`chunks`](Self::chunks), and counts what became of them.
    ///
    /// The records are isolated from each other: one whose call ends with an error or panics, or which does not fit `T`, is
    /// counted as failed, and the next one follows. After five failures in a row the rest is not attempted. If the records
    /// cannot be read any more, what was done stays counted and the rest is not attempted.
    ///
    /// ```
    /// use forest_actions::{Records, Results, refuse};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Company {
    ///     id: i64,
    ///     live: bool,
    /// }
    ///
    /// async fn mark_as_live(companies: Records<Company>) -> Results {
    ///     companies
    ///         .each(500, async |company| {
    ///             if company.live {
    ///                 return refuse("already live");
    ///             }
    ///             // UPDATE companies SET live = true WHERE id = $1
    ///             Ok(())
    ///         })
    ///         .await
    /// }
    /// ```
    pub async fn each<F>(&self, size: usize, mut act: F) -> Results
    where
        F: AsyncFnMut(T) -> Result<(), NotDone>,
    {
        let mut results = Results::new();
        match self.selection().counted(None).await {
            Ok(found) if self.selection().is_judged_on_the_way() => results.found(found),
            Ok(found) => results = Results::of(found),
            Err(error) => {
                results.broke_off(error.into());
                return results;
            }
        }
        let mut in_a_row = 0;
        let mut pages = self.keyed_chunks(size);
        loop {
            let page = match pages.try_next().await {
                Ok(Some(page)) => page,
                Ok(None) => return results,
                Err(error) => {
                    results.broke_off(error.into());
                    return results;
                }
            };
            for (key, record) in page {
                let outcome = match record {
                    Ok(record) => {
                        let acted = AssertUnwindSafe(async { act(record).await }).catch_unwind().await;
                        acted.unwrap_or_else(|panic| Err(ActionError::panicked(panic.as_ref()).into()))
                    }
                    Err(error) => Err(ActionError::from(error).into()),
                };
                in_a_row = match outcome {
                    Err(NotDone::Failed(_)) => in_a_row + 1,
                    _ => 0,
                };
                results.record(key, outcome);
                if in_a_row == FAILURES_IN_A_ROW {
                    results.failed_in_a_row(in_a_row);
                    return results;
                }
            }
        }
    }
}
