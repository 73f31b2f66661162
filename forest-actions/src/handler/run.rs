//! The run that a handler works for, as an argument.

use std::fmt;
use std::sync::Arc;

use crate::observed::Pace as _;
#[cfg(feature = "sql")]
use crate::records::HandlerConnection;
#[cfg(feature = "sql")]
use crate::response::ActionError;
use crate::runs::Pacer;

/// Maximum length of a text about the progress.
const MAX_WORDS: usize = 500;

/// The run that a handler works for; an extractor for handlers.
///
/// In an action that is declared `background` it is a row of the database. In any other, and in one of few records with
/// `background(over = …)`, it is the request: progress goes nowhere, and a chunk commits nothing. So the same handler works in both.
///
/// A run may be interrupted after any chunk, and goes on with the next one, in another process if need be: **each chunk runs at
/// least once**. With [`key`](Self::key) or [`checkpoint_in`](Self::checkpoint_in) you make it exactly once.
///
/// ```
/// use forest_actions::prelude::*;
/// use forest_actions::Run;
/// use futures_util::TryStreamExt as _;
///
/// # #[cfg(feature = "sqlite")]
/// #[smart_action(collection = "customers", name = "Close the year", background)]
/// async fn close_the_year(selection: Selection, pool: web::Data<sqlx::SqlitePool>, run: Run) -> ActionResult {
///     let mut chunks = selection.chunks::<i64>(200);
///     while let Some(ids) = chunks.try_next().await? {
///         let mut transaction = pool.begin().await?;
///         // UPDATE … WHERE id = ANY(ids), on the transaction
///         run.checkpoint_in(&mut transaction).await?;
///         transaction.commit().await?;
///     }
///     Ok(success("The year is closed"))
/// }
/// ```
#[derive(Clone)]
pub struct Run(Of);

#[derive(Clone)]
enum Of {
    /// The correlation id of the request.
    Request(String),
    Background(Arc<Pacer>),
}

impl Run {
    pub(super) fn new(pacer: Option<&Arc<Pacer>>, correlation: &str) -> Self {
        Self(match pacer {
            Some(pacer) => Of::Background(Arc::clone(pacer)),
            None => Of::Request(correlation.to_owned()),
        })
    }

    /// The id: a UUID. In a request it is that of the request.
    #[must_use]
    pub fn id(&self) -> &str {
        match &self.0 {
            Of::Request(id) => id,
            Of::Background(pacer) => &pacer.claimed().run.id,
        }
    }

    /// Returns whether the handler works behind its request.
    #[must_use]
    pub fn is_background(&self) -> bool {
        matches!(self.0, Of::Background(_))
    }

    /// The attempt, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        match &self.0 {
            Of::Request(_) => 1,
            Of::Background(pacer) => pacer.claimed().run.attempt,
        }
    }

    /// The number of selected records at the submission; `None` in a request, and for a global action.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        match &self.0 {
            Of::Request(_) => None,
            Of::Background(pacer) => pacer.claimed().run.total,
        }
    }

    /// An idempotency key for the effect on one record: the same in each attempt of the run. Give it to services that recognise
    /// a repeated call by it.
    #[must_use]
    pub fn key(&self, record_id: impl fmt::Display) -> String {
        format!("{}:{record_id}", self.id())
    }

    /// Shows a text about the progress, at most once a second; the last one counts. 500 characters are kept.
    pub async fn progress(&self, text: impl Into<String>) {
        let Of::Background(pacer) = &self.0 else { return };
        let text: String = text.into().chars().take(MAX_WORDS).collect();
        pacer.progress(text).await;
    }

    /// Shows that the handler is alive, while it works on one record for long: a run is cut that does not ask for its next chunk
    /// within the action's `stall`.
    pub async fn heartbeat(&self) {
        if let Of::Background(pacer) = &self.0 {
            pacer.heartbeat().await;
        }
    }

    /// Returns whether the run was cancelled. Its selection then ends at the next chunk; the end of the handler still runs.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        match &self.0 {
            Of::Request(_) => false,
            Of::Background(pacer) => pacer.is_cancelled(),
        }
    }

    /// Writes, in a transaction of yours, that all records up to now are done. The transaction must be of the database of the
    /// runs. Effect and progress are then committed together, so that the chunk is done exactly once. Call it last before the
    /// commit. In a request it does nothing.
    ///
    /// # Errors
    /// The run goes on elsewhere, the transaction is of another database, or the database fails. Roll back then, as `?` does.
    #[cfg(feature = "sql")]
    pub async fn checkpoint_in<'c>(&self, transaction: impl Into<HandlerConnection<'c>>) -> Result<(), ActionError> {
        use crate::runs::Left;

        let Of::Background(pacer) = &self.0 else {
            return Ok(());
        };
        match pacer.checkpoint_in(transaction.into()).await {
            Ok(Left::Go | Left::Cancelled) => Ok(()),
            Ok(Left::Lost) => Err(crate::records::QueryError::Interrupted.into()),
            Err(error) => Err(ActionError::internal(error)),
        }
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("id", &self.id())
            .field("is_background", &self.is_background())
            .finish()
    }
}
