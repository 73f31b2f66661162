//! The audit trail of the current run, as an argument of a handler.

use std::fmt;

use serde::Serialize;

use crate::audit::Recorder;
#[cfg(feature = "sql")]
use crate::audit::SinkError;
#[cfg(feature = "sql")]
use crate::records::HandlerConnection;

/// The audit trail of the current run; an extractor for handlers. What a handler changes with its own SQL is not seen by the
/// trail, so it can be reported here.
///
/// Without an audit trail, and in an action with `audit = "off"`, reports go nowhere.
///
/// ```
/// use forest_actions::prelude::*;
///
/// #[derive(serde::Serialize)]
/// struct Price {
///     cents: i64,
/// }
///
/// #[smart_action(collection = "products", name = "Halve the price", kind = "single")]
/// async fn halve(id: RecordId<i64>, trail: Trail) -> ActionResult {
///     let before = Price { cents: 500 };
///     // UPDATE products SET cents = cents / 2 WHERE id = $1
///     trail.changed(*id, &before, &Price { cents: 250 });
///     trail.note("asked for by the partner");
///     Ok(success("The price was halved"))
/// }
/// ```
#[derive(Clone)]
pub struct Trail(pub(super) Option<Recorder>);

impl Trail {
    /// Adds a row `update` for a record of the action's collection, with the values that differ. Report a change once it is
    /// certain, after a commit: the row is also written when the action fails later. The parts of a composite id are joined by
    /// `|`.
    ///
    /// `before` and `after` become JSON objects; one that cannot is left out.
    pub fn changed(&self, record_id: impl fmt::Display, before: impl Serialize, after: impl Serialize) {
        let Some(recorder) = &self.0 else { return };
        let before = serde_json::to_value(before).unwrap_or_default();
        let after = serde_json::to_value(after).unwrap_or_default();
        recorder.changed(record_id.to_string(), before, after);
    }

    /// Makes the rows of this run done within a transaction of yours, which has to be of the database of the trail: after its
    /// commit the trail says that the run succeeded, and what [`changed`](Self::changed) has reported, even if the program dies
    /// before it answers; without a commit the rows stay as they were. Call it last before the commit, once the handler has all
    /// of its records. The answer of the run is added to the rows afterwards.
    ///
    /// ```
    /// use forest_actions::prelude::*;
    ///
    /// # #[cfg(feature = "sqlite")]
    /// #[smart_action(collection = "accounts", name = "Close", kind = "single")]
    /// async fn close(id: RecordId<i64>, pool: web::Data<sqlx::SqlitePool>, trail: Trail) -> ActionResult {
    ///     let mut transaction = pool.begin().await?;
    ///     // UPDATE accounts SET closed = true WHERE id = ?
    ///     trail.changed(*id, serde_json::json!({"closed": false}), serde_json::json!({"closed": true}));
    ///     trail.in_tx(&mut transaction).await?;
    ///     transaction.commit().await?;
    ///     Ok(success("The account is closed"))
    /// }
    /// ```
    ///
    /// # Errors
    /// The transaction is of another database, does not see the rows, or the database fails. Roll back then.
    #[cfg(feature = "sql")]
    pub async fn in_tx<'c>(&self, transaction: impl Into<HandlerConnection<'c>>) -> Result<(), SinkError> {
        match &self.0 {
            Some(recorder) => recorder.confirm_in(transaction.into()).await,
            None => Ok(()),
        }
    }

    /// Adds a note to the rows of the run, at most 100 of them.
    pub fn note(&self, text: impl AsRef<str>) {
        if let Some(recorder) = &self.0 {
            recorder.note(text.as_ref());
        }
    }
}

impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Trail").field(&self.0.is_some()).finish()
    }
}
