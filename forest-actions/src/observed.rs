//! The current request, for layers that do not see it: its correlation id, and the observer of the records that its handler
//! takes.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use uuid::Uuid;

/// The id of a request: a UUID in lower case, in the answer's header, the log, the audit trail, and the references of errors.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Correlation([u8; 36]);

/// Number of hexadecimal digits of a reference, without dashes.
const REFERENCE: usize = 12;

impl Correlation {
    pub(crate) fn new() -> Self {
        let mut text = [0; 36];
        Uuid::new_v4().hyphenated().encode_lower(&mut text);
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// An id that was written before; a new one for anything else.
    pub(crate) fn of(text: &str) -> Self {
        <[u8; 36]>::try_from(text.as_bytes()).map_or_else(|_| Self::new(), Self)
    }

    /// The short form that a user reads out: the id's first twelve digits.
    pub(crate) fn reference(&self) -> String {
        let digits = self.as_str().chars().filter(|character| *character != '-');
        digits.take(REFERENCE).collect()
    }
}

impl fmt::Debug for Correlation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Learns of the records of a "select all" as the handler takes them, and what became of each record.
pub(crate) trait RecordObserver: Send + Sync {
    /// The handler gets these records next; ids are packed.
    ///
    /// # Errors
    /// They cannot be recorded, and must not be handed over.
    fn taken(&self, ids: Vec<String>) -> Pin<Box<dyn Future<Output = Result<(), Unrecorded>> + Send + '_>>;

    /// What became of a record.
    fn became(&self, id: String, outcome: Outcome);

    /// A record was done whose id the handler does not give.
    fn done(&self) {}
}

/// Paces the handler of a run in the background, which reads its selection once: asking for the next chunk is the checkpoint of
/// the one before.
pub(crate) trait Pace: Send + Sync {
    /// Begins the reading of the selection.
    ///
    /// # Errors
    /// The handler reads it twice.
    fn begin(&self) -> Result<Beginning, Halt>;

    /// The handler gets a chunk that ends with the record of this id; `handed` records in all.
    fn hand(&self, last: &str, handed: u64);

    /// The handler gets the whole selection as one chunk, which is done at its end.
    fn read_at_once(&self);

    /// The numbers of records that earlier attempts of the run did, refused and failed.
    fn earlier(&self) -> [u64; 3];

    /// The handler asks for `size` more records, so that all it has got is done. Gives the maximum size of the next chunk, or `None`
    /// if the run was cancelled, and its selection ends here.
    ///
    /// # Errors
    /// The run goes on elsewhere, or was ended.
    fn next(&self, size: usize) -> Pin<Box<dyn Future<Output = Result<Option<usize>, Halt>> + Send + '_>>;

    /// Shows a text about the progress, at most once a second.
    fn progress(&self, text: String) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// Returns whether the run was cancelled.
    fn is_cancelled(&self) -> bool;
}

/// Where a run begins to read its selection. Ids are packed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Beginning {
    /// The last record of an earlier attempt.
    pub(crate) after: Option<String>,
    /// The last record at the time of the submission.
    pub(crate) last: Option<String>,
}

/// Why a run cannot read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Halt {
    Interrupted,
    ReadTwice,
}

/// Records that cannot be recorded, where an action requires it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unrecorded;

/// What became of one record. Reasons have a code and a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Done,
    Refused { code: String, text: String },
    Failed { code: String, text: String },
}

/// The request whose handler runs.
#[derive(Clone)]
pub(crate) struct Observed {
    pub(crate) correlation: Correlation,
    pub(crate) records: Option<Arc<dyn RecordObserver>>,
    /// Set for the handler of a run in the background.
    pub(crate) pace: Option<Arc<dyn Pace>>,
}

tokio::task_local! {
    static CURRENT: Observed;
}

impl Observed {
    /// Runs a handler as that of this request.
    pub(crate) fn scope<F: Future>(self, handler: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, handler)
    }
}

/// Runs a future that reads records without handing them to a handler.
pub(crate) async fn unwatched<F: Future>(reading: F) -> F::Output {
    match CURRENT.try_with(|current| current.correlation) {
        Ok(correlation) => {
            let unwatched = Observed {
                correlation,
                records: None,
                pace: None,
            };
            unwatched.scope(reading).await
        }
        Err(_) => reading.await,
    }
}

/// The observer of the current request's records.
pub(crate) fn records() -> Option<Arc<dyn RecordObserver>> {
    CURRENT.try_with(|current| current.records.clone()).ok().flatten()
}

/// The pace of the current run.
pub(crate) fn pace() -> Option<Arc<dyn Pace>> {
    CURRENT.try_with(|current| current.pace.clone()).ok().flatten()
}

/// The reference of the current request's errors; a random one outside of a handler.
pub(crate) fn reference() -> String {
    let current = CURRENT.try_with(|current| current.correlation);
    current.unwrap_or_else(|_| Correlation::new()).reference()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_the_beginning_of_the_id() {
        let id = Correlation::new();
        assert_eq!(id.as_str().len(), 36);
        assert!(id.as_str().replace('-', "").starts_with(&id.reference()));
        assert_eq!(id.reference().len(), 12);
    }
}
