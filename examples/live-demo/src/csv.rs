//! Lines of CSV as RFC 4180 has them, safe to open in a spreadsheet.
//!
//! A cell that holds a comma, a quote or a line break is quoted. A *text* cell that a spreadsheet would run as a formula
//! (it starts with `=`, `+`, `-`, `@`, a tab or a line break) gets an apostrophe in front, because whoever can write a
//! company's name could otherwise run code on the machine of whoever opens the
//! export. Numbers are the program's own and stay as they are.

use actix_web::web::Bytes;

/// The first line.
pub(crate) fn titles(titles: &[&str]) -> Bytes {
    let cells: Vec<Cell<'_>> = titles.iter().copied().map(Cell::Own).collect();
    let mut line = String::new();
    push_line(&mut line, &cells);
    Bytes::from(line)
}

/// One cell.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    /// Text from a row: guarded against formulas.
    Text(&'a str),
    /// What the program itself formatted, such as a number or a date.
    Own(&'a str),
}

/// Appends one line.
pub(crate) fn push_line(out: &mut String, cells: &[Cell<'_>]) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_cell(out, *cell);
    }
    out.push_str("\r\n");
}

fn push_cell(out: &mut String, cell: Cell<'_>) {
    let (text, guard) = match cell {
        Cell::Text(text) => (text, text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])),
        Cell::Own(text) => (text, false),
    };
    let quoted = text.contains([',', '"', '\r', '\n']);
    if quoted {
        out.push('"');
    }
    if guard {
        out.push('\'');
    }
    for character in text.chars() {
        if character == '"' {
            out.push('"');
        }
        out.push(character);
    }
    if quoted {
        out.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cells: &[Cell<'_>]) -> String {
        let mut out = String::new();
        push_line(&mut out, cells);
        out
    }

    #[test]
    fn plain_cells_stay_as_they_are() {
        assert_eq!(line(&[Cell::Own("1"), Cell::Text("Zoë"), Cell::Text("")]), "1,Zoë,\r\n");
    }

    #[test]
    fn commas_quotes_and_line_breaks_are_quoted() {
        assert_eq!(
            line(&[Cell::Text("a,b"), Cell::Text("say \"hi\""), Cell::Text("two\nlines")]),
            "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n"
        );
    }

    #[test]
    fn text_that_a_spreadsheet_would_run_is_made_harmless() {
        assert_eq!(
            line(&[
                Cell::Text("=1+1"),
                Cell::Text("@x"),
                Cell::Text("-2"),
                Cell::Own("-2.00")
            ]),
            "'=1+1,'@x,'-2,-2.00\r\n"
        );
        assert_eq!(
            line(&[Cell::Text("=HYPERLINK(\"x\",\"y\")")]),
            "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"\r\n"
        );
    }
}
