//! What an action will do, before it does it.

use std::fmt::{Display, Write as _};

use crate::text::{html_escaped, shortened};

/// Rows of a table that are shown; the rest is counted.
const SHOWN_ROWS: usize = 50;

/// What an action will do: a sentence, and a table. The result of the function in `preview = path`.
///
/// ```
/// use forest_actions::Preview;
///
/// let rows = [["17", "$40", "$38"], ["31", "$60", "$57"]];
/// let _ = Preview::new("2 orders change, the total goes from $100 to $95").table(["Order", "Now", "Then"], rows);
/// ```
#[derive(Debug, Clone)]
#[must_use = "a preview is the answer of its function"]
pub struct Preview {
    pub(crate) sentence: String,
    table: Option<String>,
}

impl Preview {
    /// A preview of one sentence, without HTML.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
            table: None,
        }
    }

    /// Adds a table, without HTML in its cells. The first 50 rows are shown, and the others counted; long cells are cut.
    pub fn table<R>(mut self, head: impl IntoIterator<Item: Display>, rows: R) -> Self
    where
        R: IntoIterator<Item: IntoIterator<Item: Display>>,
    {
        let cells = |tag: &str, html: &mut String, cells: &mut dyn Iterator<Item = String>| {
            html.push_str("<tr>");
            for cell in cells {
                let _ = write!(html, "<{tag}>{}</{tag}>", html_escaped(&shortened(&cell)));
            }
            html.push_str("</tr>");
        };
        let mut html = String::from("<table><thead>");
        cells("th", &mut html, &mut head.into_iter().map(|cell| cell.to_string()));
        html.push_str("</thead><tbody>");
        let mut rows = rows.into_iter();
        for row in rows.by_ref().take(SHOWN_ROWS) {
            cells("td", &mut html, &mut row.into_iter().map(|cell| cell.to_string()));
        }
        html.push_str("</tbody></table>");
        let more = rows.count();
        if more > 0 {
            let _ = write!(html, "<p>… {more}</p>");
        }
        self.table = Some(html);
        self
    }

    /// The sentence and the table.
    pub(crate) fn html(&self) -> String {
        let table = self.table.as_deref().unwrap_or_default();
        format!("<p>{}</p>{table}", html_escaped(&self.sentence))
    }
}
