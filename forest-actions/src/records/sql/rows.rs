//! The rows of a result: keys, records and counts from the values that a driver decodes.

use serde_json::Map;
use sqlx::Error;

use super::statement::{GroupPlan, KeyPlan, ReadColumn, ReadPlan};
use super::values::{Raw, attribute, key_part, stored_part};
use crate::records::aggregate::Group;
use crate::records::key::Key;
use crate::records::source::Record;

/// The rows of one driver. An engine decodes values; reading keys and records from them is shared.
pub(super) trait Rows: Send {
    fn len(&self) -> usize;

    /// Decodes the value of a row at a column's index.
    fn value(&self, row: usize, index: usize) -> Result<Raw, Error>;

    /// The keys that the first row has as one list; `None` if one of them cannot be an id.
    fn key_list(&self, column: &ReadColumn) -> Result<Option<Vec<Key>>, Error>;

    /// The number in the first row.
    fn count(&self) -> Result<u64, Error> {
        match self.value(0, 0)? {
            // counts are not negative
            Raw::Integer(count) => Ok(u64::try_from(count).unwrap_or(0)),
            _ => Err(Error::Decode("a count is not a number".into())),
        }
    }

    /// The keys; `None` if one of them cannot be an id. Skipping its record would silently end a selection early.
    fn keys(&self, plan: &KeyPlan) -> Result<Option<Vec<Key>>, Error> {
        match plan {
            KeyPlan::Rows(columns) => (0..self.len()).map(|row| self.key(row, columns)).collect(),
            KeyPlan::List(column) => self.key_list(column),
        }
    }

    fn records(&self, plan: &ReadPlan) -> Result<Vec<Record>, Error> {
        (0..self.len()).map(|row| self.record(row, plan)).collect()
    }

    fn groups(&self, plan: &GroupPlan) -> Result<Vec<Group>, Error> {
        let group = |row| {
            let key = match &plan.key {
                Some(column) => attribute(column, self.value(row, column.index)?),
                None => serde_json::Value::Null,
            };
            let value = stored_part(&plan.value, self.value(row, plan.value.index)?);
            Ok(Group::new(key, value))
        };
        (0..self.len()).map(group).collect()
    }

    fn record(&self, row: usize, plan: &ReadPlan) -> Result<Record, Error> {
        let key = self.key(row, &plan.key)?.unwrap_or_else(|| Key::from_parts(Vec::new()));
        let mut record = Record::new(key, self.attributes(row, &plan.fields)?);
        for related in &plan.related {
            let is_present = self.value(row, related.link.index)? != Raw::Null;
            let value = match (is_present, self.key(row, &related.key)?) {
                (true, Some(key)) => Some(Record::new(key, self.attributes(row, &related.fields)?)),
                _ => None,
            };
            record.related.push((related.name.clone(), value));
        }
        Ok(record)
    }

    /// The key of a row; `None` when a part of it is null, or cannot be part of an id.
    fn key(&self, row: usize, columns: &[ReadColumn]) -> Result<Option<Key>, Error> {
        let part = |column: &ReadColumn| Ok(key_part(column, self.value(row, column.index)?));
        if let [only] = columns {
            return Ok(part(only)?.map(Key::one));
        }
        let parts: Result<Option<Vec<_>>, Error> = columns.iter().map(part).collect();
        Ok(parts?.map(Key::from_parts))
    }

    fn attributes(&self, row: usize, columns: &[ReadColumn]) -> Result<Map<String, serde_json::Value>, Error> {
        let mut attributes = Map::new();
        for column in columns {
            let value = attribute(column, self.value(row, column.index)?);
            attributes.insert(column.name.clone(), value);
        }
        Ok(attributes)
    }
}
