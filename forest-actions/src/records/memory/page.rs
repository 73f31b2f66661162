//! Sorting, paging and projection of records.

use std::cmp::Ordering;

use super::super::error::RecordError;
use super::super::key::Key;
use super::super::model::CollectionModel;
use super::super::source::{Page, Record, RecordQuery, Sort};
use super::super::value::Value;
use super::compare::total_order;
use super::evaluate::{View, place, relation, value_at};
use super::json;
use super::rows::Row;

impl<'a> View<'a> {
    pub(super) fn page(&self, query: &'a RecordQuery, page: &Page) -> Result<Vec<Record>, RecordError> {
        let (model, _) = self.find(&query.collection)?;
        let offset = usize::try_from(page.offset).unwrap_or(usize::MAX);
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let rows = self.select(query, page.after.as_ref())?;
        let rows: Vec<(&Key, &Row)> = if page.sort.is_empty() {
            rows.skip(offset).take(limit).collect()
        } else {
            let rows = self.sorted(model, rows.collect(), &page.sort)?;
            rows.into_iter().skip(offset).take(limit).collect()
        };

        let relations = page.projection.relations.iter();
        let relations = relations
            .map(|(name, fields)| {
                let relation = relation(model, name)?;
                let (target, _) = self.find(&relation.target)?;
                Ok((name, self.link(model, relation)?, target, places(target, fields)?))
            })
            .collect::<Result<Vec<_>, RecordError>>()?;
        let fields = places(model, &page.projection.fields)?;
        let records = rows.into_iter().map(|(key, row)| {
            let mut record = read(model, key, row, &fields);
            for (name, link, target, fields) in &relations {
                let related = link.follow(row).map(|(key, row)| read(target, &key.0, row, fields));
                record.related.push(((*name).clone(), related));
            }
            record
        });
        Ok(records.collect())
    }

    /// Sorts rows that are in key order.
    fn sorted<'r>(
        &self,
        model: &CollectionModel,
        mut rows: Vec<(&'r Key, &'r Row)>,
        sort: &[Sort],
    ) -> Result<Vec<(&'r Key, &'r Row)>, RecordError>
    where
        'a: 'r,
    {
        let steps = sort.iter();
        let steps = steps.map(|step| Ok((self.path(model, &step.field)?, step.descending)));
        let steps = steps.collect::<Result<Vec<_>, RecordError>>()?;
        // the sort is stable, so that equal rows stay in key order
        rows.sort_by(|(_, left), (_, right)| {
            let mut orders = steps.iter().map(|(path, descending)| {
                let order = nulls_last(path.value(left), path.value(right));
                if *descending { order.reverse() } else { order }
            });
            orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
        Ok(rows)
    }
}

fn nulls_last(left: Option<&Value>, right: Option<&Value>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => total_order(left, right),
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (None, None) => Ordering::Equal,
    }
}

fn places<'m>(model: &'m CollectionModel, fields: &'m [String]) -> Result<Vec<(&'m str, usize)>, RecordError> {
    let places = fields.iter().map(|field| Ok((field.as_str(), place(model, field)?)));
    places.collect()
}

fn read(model: &CollectionModel, key: &Key, row: &Row, fields: &[(&str, usize)]) -> Record {
    let attributes = fields.iter().map(|(name, place)| {
        let value = json::write(value_at(row, *place));
        ((*name).to_owned(), value)
    });
    // rows without a key are numbered, and the number is internal
    let key = if model.key.is_empty() {
        Key::from_parts(Vec::new())
    } else {
        key.clone()
    };
    Record::new(key, attributes.collect())
}
