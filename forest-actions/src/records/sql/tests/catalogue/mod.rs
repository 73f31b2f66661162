//! Catalogues that are read from a database and corrected, end to end.

#[cfg(feature = "sqlite")]
mod corrected;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
pub(super) mod sqlite;

use crate::records::model::FieldModel;
use crate::records::models::Models;
use crate::records::sql::{SqlCollection, SqlColumn, SqlRecords};

/// The catalogue can be read on any thread.
fn assert_send<T: Send>(value: T) -> T {
    value
}

impl SqlRecords {
    fn at(&self, name: &str) -> &SqlCollection {
        self.collections
            .iter()
            .find(|collection| collection.model.name == name)
            .unwrap_or_else(|| panic!("no collection {name:?} among {:?}", self.names()))
    }

    fn names(&self) -> Vec<&str> {
        self.collections
            .iter()
            .map(|collection| collection.model.name.as_str())
            .collect()
    }

    fn checked(&self) -> Vec<String> {
        let collections = self.collections.iter().map(|collection| collection.model.clone());
        let problems = Models::new(collections.collect()).check();
        problems.iter().map(ToString::to_string).collect()
    }
}

impl SqlCollection {
    fn field(&self, name: &str) -> &FieldModel {
        self.model
            .find_field(name)
            .unwrap_or_else(|| panic!("no field {name:?} among {:?}", self.fields()))
    }

    fn column(&self, name: &str) -> &SqlColumn {
        &self.columns[name]
    }

    fn fields(&self) -> Vec<&str> {
        self.model.fields.iter().map(|field| field.name.as_str()).collect()
    }

    /// `name kind target`, one line for each relation.
    fn relations(&self) -> Vec<String> {
        self.model
            .relations
            .iter()
            .map(|relation| format!("{} {} {}", relation.name, relation.kind.name(), relation.target))
            .collect()
    }
}
