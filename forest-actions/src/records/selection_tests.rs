//! Selections against a small source that counts its calls.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::TryStreamExt as _;

use super::super::condition::{FieldPath, Test};
use super::super::model::{CollectionModel, FieldModel};
use super::super::source::SourceFuture;
use super::super::source::{Page, Record};
use super::super::typed::Records;
use super::super::value::Value;
use super::super::value_type::ValueType;
use super::*;

/// Companies, with a count of the queries.
struct Companies {
    live: Mutex<Vec<(i64, bool)>>,
    calls: AtomicUsize,
    largest: AtomicUsize,
}

impl Companies {
    fn new(count: i64) -> Arc<Self> {
        Arc::new(Self {
            live: Mutex::new((1..=count).map(|id| (id, false)).collect()),
            calls: AtomicUsize::new(0),
            largest: AtomicUsize::new(0),
        })
    }

    fn matching(&self, condition: &Condition) -> Vec<i64> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let wanted = match condition {
            Condition::Field(_, Test::Equal(Value::Boolean(live))) => Some(*live),
            _ => None,
        };
        let companies = self.live.lock().unwrap();
        companies
            .iter()
            .filter(|(_, live)| wanted.is_none_or(|wanted| wanted == *live))
            .map(|(id, _)| *id)
            .collect()
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

impl RecordSource for Arc<Companies> {
    fn collections(&self) -> Vec<CollectionModel> {
        vec![
            CollectionModel::new("companies")
                .field(FieldModel::new("id", ValueType::Integer))
                .field(FieldModel::new("live", ValueType::Boolean))
                .key(["id"]),
        ]
    }

    fn count<'a>(&'a self, query: &'a RecordQuery, _: Option<u64>) -> SourceFuture<'a, u64> {
        Box::pin(async move { Ok(size(self.matching(&query.condition).len())) })
    }

    fn keys<'a>(&'a self, query: &'a RecordQuery, after: Option<&'a Key>, limit: usize) -> SourceFuture<'a, Vec<Key>> {
        Box::pin(async move {
            let after = match after.map(Key::parts) {
                Some([Value::Integer(id)]) => *id,
                _ => i64::MIN,
            };
            self.largest.fetch_max(limit, Ordering::Relaxed);
            let ids = self.matching(&query.condition);
            Ok(ids
                .into_iter()
                .filter(|id| *id > after)
                .take(limit)
                .map(Key::one)
                .collect())
        })
    }

    fn records<'a>(&'a self, query: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>> {
        Box::pin(async move {
            let limit = usize::try_from(page.limit).unwrap();
            let keys = match page.sort.as_slice() {
                [] => self.keys(query, page.after.as_ref(), limit).await?,
                // in descending order of the key
                _ => self
                    .matching(&query.condition)
                    .into_iter()
                    .rev()
                    .take(limit)
                    .map(Key::one)
                    .collect(),
            };
            let record = |key: Key| {
                let mut attributes = serde_json::Map::new();
                attributes.insert("name".to_owned(), format!("Company {key}").into());
                Record::new(key, attributes)
            };
            Ok(keys.into_iter().map(record).collect())
        })
    }
}

fn all_not_live(companies: &Arc<Companies>) -> Selection {
    let condition = Condition::Field(FieldPath::own("live"), Test::Equal(Value::Boolean(false)));
    Selection::all(Arc::new(companies.clone()), RecordQuery::new("companies", condition))
}

#[actix_web::test]
async fn sel_11_keys_are_read_in_bounded_chunks_with_one_query_each() {
    let companies = Companies::new(10);
    let chunks: Vec<Vec<i64>> = all_not_live(&companies).chunks(4).try_collect().await.unwrap();
    assert_eq!(chunks, [vec![1, 2, 3, 4], vec![5, 6, 7, 8], vec![9, 10]]);
    assert_eq!(
        companies.calls(),
        4,
        "a chunk that is not full is the last; one question asks where it ends"
    );
    let exact: Vec<Vec<i64>> = all_not_live(&companies).chunks(5).try_collect().await.unwrap();
    assert_eq!(exact.len(), 2, "no chunk is empty");
}

#[actix_web::test]
async fn sel_11_chunks_are_read_on_demand_with_bounded_sizes() {
    let companies = Companies::new(3);
    let mut chunks = all_not_live(&companies).chunks::<i64>(0);
    assert_eq!(companies.calls(), 0);
    assert_eq!(chunks.try_next().await.unwrap(), Some(vec![1]));
    assert_eq!(companies.calls(), 2);
    drop(
        all_not_live(&companies)
            .chunks::<i64>(usize::MAX)
            .try_next()
            .await
            .unwrap(),
    );
    // one more than a chunk, to see that the next key is another
    assert_eq!(companies.largest.load(Ordering::Relaxed), MAX_CHUNK + 1);
}

#[actix_web::test]
async fn sel_12_an_action_that_changes_the_filtered_column_gets_each_record_once() {
    let companies = Companies::new(1_000);
    let mut met = Vec::new();
    let mut chunks = all_not_live(&companies).chunks::<i64>(7);
    while let Some(ids) = chunks.try_next().await.unwrap() {
        for (id, live) in companies.live.lock().unwrap().iter_mut() {
            *live |= ids.contains(id);
        }
        met.extend(ids);
    }
    assert_eq!(met, (1..=1_000).collect::<Vec<i64>>());
}

#[actix_web::test]
async fn sel_12_an_action_that_copies_records_ends() {
    let companies = Companies::new(5);
    let mut met = Vec::new();
    let mut chunks = all_not_live(&companies).chunks::<i64>(2);
    while let Some(ids) = chunks.try_next().await.unwrap() {
        let mut all = companies.live.lock().unwrap();
        for _ in &ids {
            let next = all.len() as i64 + 1;
            all.push((next, false));
        }
        met.extend(ids);
        assert!(met.len() < 50);
    }
    assert_eq!(met, [1, 2, 3, 4, 5]);
    let records = Records::<Named>::new(all_not_live(&companies));
    let mut chunks = records.chunks(3);
    let mut met = 0;
    while let Some(chunk) = chunks.try_next().await.unwrap() {
        met += chunk.len();
        companies.live.lock().unwrap().push((100 + met as i64, false));
    }
    assert_eq!(met, 10);
}

#[actix_web::test]
async fn sel_11_a_stream_and_a_list_have_the_same_ids_and_a_list_is_bounded() {
    let companies = Companies::new(5);
    let selection = all_not_live(&companies);
    let streamed: Vec<i64> = selection.stream::<i64>().try_collect().await.unwrap();
    assert_eq!(streamed, selection.collected::<i64>(5).await.unwrap());
    let refused = selection.collected::<i64>(4).await.unwrap_err();
    let (status, text) = refused.answered();
    assert_eq!(status, 422);
    assert!(text.contains("at most 4 records"), "{text}");
}

#[actix_web::test]
async fn sel_09_given_ids_keep_their_order_and_missing_ones_are_counted() {
    let companies: Arc<dyn RecordSource> = Arc::new(Companies::new(5));
    let store = RecordStore {
        models: Arc::new(Models::new(companies.collections())),
        source: companies,
        writable: Arc::default(),
    };
    let selection = Selection::found(
        store,
        "companies",
        vec![Key::one(4), Key::one(2)],
        vec![Key::one(9)],
        Condition::always(),
    );
    assert_eq!(selection.missing(), 1);
    assert_eq!(selection.partly_found(), Some((2, 3)));
    assert_eq!(selection.count().await.unwrap(), 2);
    let chunks: Vec<Vec<i64>> = selection.chunks(1).try_collect().await.unwrap();
    assert_eq!(chunks, [[4], [2]]);
    let texts: Vec<String> = selection.stream::<String>().try_collect().await.unwrap();
    assert_eq!(texts, ["4", "2"]);
    assert!(selection.stream::<uuid::Uuid>().try_collect::<Vec<_>>().await.is_err());
}

#[actix_web::test]
async fn sel_01_select_all_without_a_record_source_is_refused() {
    let selection = Selection::unknown();
    assert!(selection.is_all());
    assert!(selection.count().await.is_err());
    assert!(selection.chunks::<i64>(5).try_next().await.is_err());
    assert!(
        Records::<serde_json::Value>::new(selection)
            .chunks(5)
            .try_next()
            .await
            .is_err()
    );
}

#[derive(Debug, serde::Deserialize)]
struct Named {
    name: String,
}

#[actix_web::test]
async fn records_are_deserialized_in_chunks() {
    let companies = Companies::new(5);
    let records = Records::<Named>::new(all_not_live(&companies));
    let sizes: Vec<usize> = records
        .chunks(2)
        .map_ok(|chunk| chunk.len())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(sizes, [2, 2, 1]);
    let names: Vec<String> = records
        .stream()
        .map_ok(|company| company.name)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(names.last().unwrap(), "Company 5");
}

#[derive(Debug, serde::Deserialize)]
struct Counted {
    #[allow(dead_code, reason = "only read to fail")]
    name: u32,
}

#[actix_web::test]
async fn an_unfit_record_is_reported_with_its_field_and_without_its_value() {
    let records = Records::<Counted>::new(all_not_live(&Companies::new(1)));
    let refused = records.chunks(2).try_next().await.unwrap_err();
    assert!(matches!(refused, QueryError::UnfitRecord { .. }));
    let logged = refused.log_text();
    assert!(logged.contains("`name`") && !logged.contains("Company 1"), "{logged}");
}
