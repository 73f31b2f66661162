//! The selected records of an action, read as a type of the program.

use std::fmt;
use std::marker::PhantomData;

use futures_util::stream::{self, Stream, TryStreamExt as _};
use serde::de::DeserializeOwned;

use super::access::RecordStore;
use super::condition::Condition;
use super::key::Key;
use super::paging::{Part, Place, given_part, next_place};
use super::selection::{Chosen, MAX_CHUNK, Selection, no_records, of_source, size};
use super::source::{Page, Projection, Record, RecordQuery};
use crate::response::ActionError;

/// The selected records, read as `T`; an extractor for handlers and hooks.
///
/// `T` is anything that serde can read from the record: an object with the names of the fields, in the formats of the
/// back office (a moment is a text such as `2024-05-15T10:30:00.000Z`; PostgreSQL's `numeric` and `bigint` are texts as
/// well). Fields that `T` does not have are ignored, fields that the back office may not see are there.
///
/// ```
/// use forest_actions::{ActionResult, Records, success};
/// use futures_util::TryStreamExt as _;
///
/// #[derive(serde::Deserialize)]
/// struct Company {
///     name: String,
/// }
///
/// async fn greet(companies: Records<Company>) -> ActionResult {
///     let mut chunks = companies.chunks(100);
///     let mut names = Vec::new();
///     while let Some(chunk) = chunks.try_next().await? {
///         names.extend(chunk.into_iter().map(|company| company.name));
///     }
///     Ok(success(format!("Hello {}", names.join(", "))))
/// }
/// ```
pub struct Records<T> {
    selection: Selection,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Records<T> {
    fn clone(&self) -> Self {
        Self::new(self.selection.clone())
    }
}

impl<T> fmt::Debug for Records<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Records").field(&self.selection).finish()
    }
}

impl<T> Records<T> {
    /// The records of a selection.
    #[must_use]
    pub fn new(selection: Selection) -> Self {
        Self {
            selection,
            of: PhantomData,
        }
    }

    /// The selection itself: its ids and its count.
    #[must_use]
    pub fn selection(&self) -> &Selection {
        &self.selection
    }
}

impl<T: DeserializeOwned> Records<T> {
    /// The records, `size` at a time (at least 1, at most 50,000), in the order of their keys; none is empty. One
    /// statement is sent for each chunk, when it is asked for. A record that disappears in between is left out.
    ///
    /// # Errors
    /// 422 without a record source for the collection; unexpected when the store cannot be read, or a record is no `T`.
    /// The stream ends with its first error.
    pub fn chunks(&self, size: usize) -> impl Stream<Item = Result<Vec<T>, ActionError>> + Unpin + use<T> {
        let size = size.clamp(1, MAX_CHUNK);
        let chosen = self.selection.chosen();
        let pages = stream::try_unfold(Place::Start, move |place| {
            let chosen = chosen.clone();
            async move {
                match &*chosen {
                    Chosen::All { store, query } => {
                        let (after, bound) = match place {
                            Place::Start => (None, None),
                            Place::After(key, bound) => (Some(key), bound),
                            Place::Taken(_) | Place::End => return Ok(None),
                        };
                        let mut records = read(store, query, after.clone(), size).await?;
                        let next =
                            next_place(after, bound, size, &mut records, |record| &record.key, store, query).await?;
                        Ok::<_, ActionError>(Some((decoded(query, records)?, next)))
                    }
                    Chosen::Found {
                        store,
                        collection,
                        keys,
                        scope,
                        ..
                    } => {
                        let (part, next) = given_part(place, size, keys.len());
                        let Some(Part::Given(from, to)) = part else {
                            return Ok(None);
                        };
                        let keys = keys.get(from..to).unwrap_or_default().to_vec();
                        let query = RecordQuery::new(collection, Condition::KeyIn(keys).and(scope.clone()));
                        let records = read(store, &query, None, size).await?;
                        Ok(Some((decoded(&query, records)?, next)))
                    }
                    Chosen::Unchecked(ids) if ids.is_empty() => Ok(None),
                    Chosen::Unchecked(_) | Chosen::Unknown => Err(no_records()),
                }
            }
        });
        Box::pin(pages.try_filter(|chunk| std::future::ready(!chunk.is_empty())))
    }

    /// The records, one after the other, read in chunks of 500 behind the scenes.
    ///
    /// # Errors
    /// As for [`chunks`](Self::chunks).
    pub fn stream(&self) -> impl Stream<Item = Result<T, ActionError>> + Unpin + use<T> {
        const CHUNK: usize = 500;
        let records = self
            .chunks(CHUNK)
            .map_ok(|chunk| stream::iter(chunk.into_iter().map(Ok)))
            .try_flatten();
        Box::pin(records)
    }
}

/// All fields of the next records, by key.
async fn read(
    store: &RecordStore,
    query: &RecordQuery,
    after: Option<Key>,
    limit: usize,
) -> Result<Vec<Record>, ActionError> {
    let collection = store.models.get(&query.collection).ok_or_else(no_records)?;
    let page = Page {
        after,
        limit: size(limit),
        projection: Projection {
            fields: collection.fields.iter().map(|field| field.name.clone()).collect(),
            relations: Vec::new(),
        },
        ..Page::default()
    };
    store.source.records(query, &page).await.map_err(of_source)
}

/// The records as `T`. What the log says of one that is none names the field, never its value.
fn decoded<T: DeserializeOwned>(query: &RecordQuery, records: Vec<Record>) -> Result<Vec<T>, ActionError> {
    let decode = |record: Record| {
        serde_path_to_error::deserialize(serde_json::Value::Object(record.attributes)).map_err(|error| {
            tracing::trace!(%error, "a record could not be read");
            ActionError::internal(format!(
                "a record of `{}` does not fit `{}`: see `{}`",
                query.collection,
                std::any::type_name::<T>(),
                error.path()
            ))
        })
    };
    records.into_iter().map(decode).collect()
}
