//! Imports: the rows of an uploaded CSV file, each checked and converted to a struct that derives [`ImportRow`].
//!
//! A file is decoded as it is read: base64, the encoding, lines, cells. One row is in memory at a time.

mod column;
mod error;
mod header;
mod number;
mod parser;
mod reader;
mod refused;
mod report;
mod rows;
mod text;
mod value;

pub use column::{ColumnBuilder, ColumnSpec};
pub(crate) use error::ImportError;
pub use reader::{RowProblems, RowReader};
pub use report::ImportReport;
pub use rows::{Import, ImportRows};
pub use value::{ImportCell, ImportValue};

use crate::form::FormFile;

/// A type that is the row of an import: a struct that derives `ImportRow`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the row of an import",
    label = "not a row",
    note = "derive `ImportRow` on a struct with named fields"
)]
pub trait ImportRow: Sized + 'static {
    /// The columns, in the order of the fields.
    const COLUMNS: &'static [ColumnSpec];

    /// Reads every column of a row; `None` when the reader has found problems.
    fn from_row(reader: &mut RowReader<'_>) -> Option<Self>;
}

impl FormFile {
    /// The rows of this file, which is CSV.
    ///
    /// ```
    /// use forest_actions::prelude::*;
    ///
    /// #[derive(ImportRow)]
    /// struct NewCompany {
    ///     name: String,
    ///     employees: Option<u32>,
    /// }
    ///
    /// #[derive(ActionForm)]
    /// struct Upload {
    ///     #[field(label = "File", max_size = "20 MB")]
    ///     file: FormFile,
    /// }
    ///
    /// #[smart_action(collection = "companies", name = "Import companies", kind = "global")]
    /// async fn import_companies(form: Form<Upload>) -> ActionResult<ImportReport> {
    ///     let rows = form.file.import::<NewCompany>();
    ///     rows.each(async |company| {
    ///         if company.name == "Acme" {
    ///             return refuse("already there");
    ///         }
    ///         // INSERT INTO companies …
    ///         Ok(())
    ///     })
    ///     .await
    /// }
    /// ```
    #[must_use]
    pub fn import<T: ImportRow>(&self) -> Import<T> {
        Import::new(self.clone())
    }
}
