//! Streams all records of a list as a file.
//!
//! Pages by the key, so that memory is bounded and a record that is added or deleted meanwhile does not shift the others.
//! The order of the list is therefore not kept: each page would have to skip all the records before it.

use std::sync::Arc;

use actix_web::HttpResponse;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use futures_util::stream;

use super::csv::{Column, write_header, write_record};
use crate::records::{
    CollectionModel, Key, Page, Projection, QueryError, Record, RecordError, RecordQuery, RecordSource,
    have_a_common_key, null_key,
};
use crate::response::{ActionError, ActionResponse, Download};

const BATCH_RECORDS: u64 = 1_000;

/// Size of the pieces that are sent, in bytes. Other requests of the worker run between two of them.
const PIECE: usize = 64 * 1024;

/// Maximum length of the name of a file, without its extension.
const MAX_NAME_CHARS: usize = 200;

pub(super) struct Export {
    source: Arc<dyn RecordSource>,
    query: RecordQuery,
    projection: Projection,
    columns: Vec<(String, Column)>,
    timezone: Tz,
    has_key: bool,
    has_mark: bool,
    /// The records whose key is null. They come last.
    without_key: Option<RecordQuery>,
    next: Next,
    /// Records that were read and not sent yet.
    records: std::vec::IntoIter<Record>,
}

/// The position of the next page.
enum Next {
    After(Option<Key>),
    /// For records without a key.
    Offset(u64),
    End,
}

impl Export {
    pub(super) fn new(
        source: Arc<dyn RecordSource>,
        query: RecordQuery,
        (columns, projection): (Vec<(String, Column)>, Projection),
        timezone: Tz,
        has_key: bool,
    ) -> Self {
        let next = if has_key { Next::After(None) } else { Next::Offset(0) };
        Self {
            source,
            query,
            projection,
            columns,
            timezone,
            has_key,
            has_mark: false,
            without_key: None,
            next,
            records: Vec::new().into_iter(),
        }
    }

    /// Reads the records whose key is null apart, because a page by key would leave them out.
    pub(super) fn with_null_keys(mut self, collection: &CollectionModel) -> Self {
        if let Some((with_key, without_key)) = null_key(collection) {
            let all = self.query.condition.clone();
            self.query = RecordQuery::new(&collection.name, all.clone().and(with_key));
            self.without_key = Some(RecordQuery::new(&collection.name, all.and(without_key)));
        }
        self
    }

    /// Begins the file with a byte order mark.
    pub(super) fn with_mark(self, has_mark: bool) -> Self {
        Self { has_mark, ..self }
    }

    /// The answer. The first batch is read first, so that a mistake in the request is an error instead of a broken file; a
    /// later failure is logged and cuts the connection.
    ///
    /// # Errors
    /// The failure of the first batch.
    pub(super) async fn answer(
        mut self,
        name: &str,
        header: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<HttpResponse, ActionError> {
        let mut begin = String::from(if self.has_mark { "\u{feff}" } else { "" });
        write_header(&mut begin, header, &self.columns);
        self.read().await?;
        let lines = stream::try_unfold((self, begin), |(mut export, mut piece)| async move {
            tokio::task::yield_now().await;
            export.write(&mut piece).await?;
            Ok::<_, RecordError>((!piece.is_empty()).then(|| (Bytes::from(piece), (export, String::new()))))
        });
        let file = Download::stream(file_name(name), lines)
            .media_type("text/csv; charset=utf-8")
            .header("last-modified", now.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
            .header("cache-control", "no-cache, no-store")
            .header("x-accel-buffering", "no");
        ActionResponse::from(file).into_http()
    }

    /// Appends lines until the piece is full or all records are written.
    async fn write(&mut self, piece: &mut String) -> Result<(), RecordError> {
        while piece.len() < PIECE {
            match self.records.next() {
                Some(record) => write_record(piece, &record, &self.columns, self.timezone),
                None if self.read().await.map_err(for_the_log)? => {}
                None => break,
            }
        }
        Ok(())
    }

    /// Reads the next batch; returns `false` at the end.
    async fn read(&mut self) -> Result<bool, QueryError> {
        let mut page = Page {
            limit: BATCH_RECORDS,
            projection: self.projection.clone(),
            ..Page::default()
        };
        match &self.next {
            Next::After(key) => page.after = key.clone(),
            Next::Offset(offset) => page.offset = *offset,
            Next::End => return Ok(false),
        }
        let mut records = self.source.records(&self.query, &page).await?;
        let has_more = records.len() as u64 >= BATCH_RECORDS;
        if self.has_key {
            if have_a_common_key(&records, |record| &record.key) {
                return Err(QueryError::KeyNotUnique(self.query.collection.clone()));
            }
            if has_more {
                // begins the next batch, so that a record with the same key would be its neighbour
                records.pop();
            }
        }
        self.next = match records.last() {
            Some(last) if has_more && self.has_key => {
                if last.key.parts().is_empty() {
                    return Err(QueryError::RecordWithoutId(self.query.collection.clone()));
                }
                if page.after.as_ref() == Some(&last.key) {
                    // the export would never end
                    return Err(QueryError::NotPagedByKey(self.query.collection.clone()));
                }
                Next::After(Some(last.key.clone()))
            }
            Some(_) if has_more => Next::Offset(page.offset.saturating_add(BATCH_RECORDS)),
            _ => match self.without_key.take() {
                Some(query) => {
                    (self.query, self.has_key) = (query, false);
                    Next::Offset(0)
                }
                None => Next::End,
            },
        };
        self.records = records.into_iter();
        Ok(true)
    }
}

/// The error that cuts the connection, without the text of the store.
fn for_the_log(error: QueryError) -> RecordError {
    match error {
        QueryError::Failed(cause) => RecordError::Failed(cause),
        other => RecordError::unsupported(other.to_string()),
    }
}

/// The name of the file, with its extension once.
fn file_name(name: &str) -> String {
    let bare = match name.len().checked_sub(4).and_then(|end| name.split_at_checked(end)) {
        Some((bare, extension)) if extension.eq_ignore_ascii_case(".csv") => bare,
        _ => name,
    };
    let bare: String = bare.chars().take(MAX_NAME_CHARS).collect();
    format!("{bare}.csv")
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::super::csv::columns;
    use super::super::parameters::Parameters;
    use super::super::testing::{Shelf, models, record, transaction};
    use super::*;
    use crate::records::Condition;

    /// The text of an export of the labels, and the number of calls of the source.
    async fn export(shelf: Shelf, collection: &str, query: &str) -> (Result<String, String>, Vec<Page>) {
        let (source, access) = shelf.access();
        let models = models();
        let model = models.get(collection).unwrap();
        let chosen = columns(&models, model, &Parameters::parse(query).unwrap()).unwrap();
        let asked = RecordQuery::new(collection, Condition::always());
        let has_key = !model.key.is_empty();
        let export = Export::new(source.clone(), asked, chosen, Tz::UTC, has_key);
        let text = match export.answer("x", None, access.now).await {
            Ok(answer) => to_bytes(answer.into_body())
                .await
                .map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
                .map_err(|error| error.to_string()),
            Err(refused) => Err(refused.message().to_owned()),
        };
        let pages = source.pages.lock().unwrap();
        (text, pages.iter().map(|(_, page)| page.clone()).collect())
    }

    fn expected(count: i64) -> String {
        let lines: Vec<String> = (1..=count).map(|id| format!("{id},Invoice {id:03}\n")).collect();
        format!("id,label\n{}", lines.concat())
    }

    const FIELDS: &str = "fields[transactions]=id,label&sort=-label&page[number]=2&page[size]=5";

    #[actix_web::test]
    async fn every_record_is_sent_once_in_bounded_batches() {
        for (count, batches) in [(0, 1), (1, 1), (999, 1), (1000, 2), (1001, 2), (2500, 3)] {
            let shelf = Shelf::default().with("transactions", (1..=count).map(transaction).collect());
            let (text, pages) = export(shelf, "transactions", FIELDS).await;
            assert_eq!(text.unwrap(), expected(count), "{count}");
            assert_eq!(pages.len(), batches, "{count}");
            // paged by the key, and never by an offset
            assert!(
                pages
                    .iter()
                    .all(|page| page.offset == 0 && page.limit == 1000 && page.sort.is_empty())
            );
            assert!(pages.iter().skip(1).all(|page| page.after.is_some()));
        }
    }

    #[actix_web::test]
    async fn records_without_a_key_are_sent_by_their_number() {
        let rows = (0..1500).map(|sum| {
            let mut row = record(0, serde_json::json!({ "sum": sum }));
            row.key = Key::from_parts(Vec::new());
            row
        });
        let shelf = Shelf::default().with("totals", rows.collect());
        let (text, pages) = export(shelf, "totals", "").await;
        assert_eq!(text.unwrap().lines().count(), 1501);
        assert_eq!(pages.iter().map(|page| page.offset).collect::<Vec<_>>(), [0, 1000]);
    }

    #[actix_web::test]
    async fn a_failure_is_an_error_at_first_and_breaks_the_file_off_later() {
        let rows = || (1..=1500).map(transaction).collect();
        let first = Shelf::default()
            .with("transactions", rows())
            .failing(0, || RecordError::unsupported("no such query"));
        assert_eq!(
            export(first, "transactions", FIELDS).await.0.unwrap_err(),
            "no such query"
        );
        let later = Shelf::default()
            .with("transactions", rows())
            .failing(1, || RecordError::failed("gone"));
        let broken = export(later, "transactions", FIELDS).await.0.unwrap_err();
        assert_eq!(broken, "the records cannot be read");
    }

    #[actix_web::test]
    async fn a_source_that_never_ends_is_stopped() {
        // every row has the key of the first, which is where a source that ignores the key begins again
        let rows = (0..3000).map(|_| transaction(1)).collect();
        let (text, _) = export(Shelf::default().with("transactions", rows), "transactions", FIELDS).await;
        assert!(text.is_err());
    }

    #[actix_web::test]
    async fn res_01_an_export_has_the_headers_of_a_file() {
        let (source, access) = Shelf::default().access();
        let models = models();
        let model = models.get("transactions").unwrap();
        let chosen = columns(&models, model, &Parameters::parse("").unwrap()).unwrap();
        let asked = RecordQuery::new("transactions", Condition::always());
        let export = Export::new(source, asked, chosen, Tz::UTC, true);
        let answer = export.answer("ventes été", None, access.now).await.unwrap();
        for (name, value) in [
            ("content-type", "text/csv; charset=utf-8"),
            (
                "content-disposition",
                "attachment; filename=\"ventes _t_.csv\"; filename*=UTF-8''ventes%20%C3%A9t%C3%A9.csv",
            ),
            ("last-modified", "Wed, 15 May 2024 10:30:00 GMT"),
            ("x-accel-buffering", "no"),
            ("cache-control", "no-cache, no-store"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(answer.headers().get(name).unwrap(), value);
        }
    }

    #[test]
    fn a_file_has_its_extension_once_and_a_name_of_bounded_length() {
        assert_eq!(file_name("companies"), "companies.csv");
        assert_eq!(file_name("companies.csv"), "companies.csv");
        assert_eq!(file_name("companies.CSV"), "companies.csv");
        assert_eq!(file_name("été"), "été.csv");
        assert_eq!(file_name(""), ".csv");
        assert_eq!(file_name(&"é".repeat(5000)).chars().count(), MAX_NAME_CHARS + 4);
    }
}
