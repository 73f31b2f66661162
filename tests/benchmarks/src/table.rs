//! A table of text, for a terminal or as Markdown.

use std::fmt;

/// Rows under a heading; the first column is left-aligned, all others right-aligned.
#[derive(Debug, Clone)]
pub struct Table {
    rows: Vec<Vec<String>>,
    markdown: bool,
}

impl Table {
    /// A table with these headings.
    #[must_use]
    pub fn new(headings: &[&str], markdown: bool) -> Self {
        Self {
            rows: vec![headings.iter().map(|&text| text.to_owned()).collect()],
            markdown,
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let width = |row: &Vec<String>| cell(row, column).chars().count();
                self.rows.iter().map(width).max().unwrap_or_default()
            })
            .collect();
        let (open, between, close) = if self.markdown {
            ("| ", " | ", " |")
        } else {
            ("", "  ", "")
        };
        for (index, row) in self.rows.iter().enumerate() {
            let cells: Vec<String> = widths
                .iter()
                .enumerate()
                .map(|(column, &width)| {
                    let text = cell(row, column);
                    if column == 0 {
                        format!("{text:<width$}")
                    } else {
                        format!("{text:>width$}")
                    }
                })
                .collect();
            writeln!(f, "{open}{}{close}", cells.join(between))?;
            if index == 0 && self.markdown {
                let rules: Vec<String> = (0..columns)
                    .map(|column| {
                        if column == 0 {
                            "---".to_owned()
                        } else {
                            "---:".to_owned()
                        }
                    })
                    .collect();
                writeln!(f, "| {} |", rules.join(" | "))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_markdown_has_its_rule() {
        let mut table = Table::new(&["what", "n"], false);
        table.row(["a".to_owned(), "12".to_owned()]);
        assert_eq!(table.to_string(), "what   n\na     12\n");
        let mut table = Table::new(&["what", "n"], true);
        table.row(["a".to_owned(), "12".to_owned()]);
        assert_eq!(table.to_string(), "| what |  n |\n| --- | ---: |\n| a    | 12 |\n");
    }
}
