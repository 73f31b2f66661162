//! Cells of CSV that are safe to open in a spreadsheet.

use std::borrow::Cow;

/// The signs of a formula, also in full width.
const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Returns whether a spreadsheet would read the text as a formula.
pub(crate) fn is_formula(text: &str) -> bool {
    text.starts_with(SIGNS) || text.starts_with(['\t', '\r', '\n'])
}

/// Prefixes a text that a spreadsheet would read as a formula.
pub(crate) fn harmless(text: Cow<'_, str>) -> Cow<'_, str> {
    match is_formula(&text) {
        true => format!("'{text}").into(),
        false => text,
    }
}

/// Prefixes formulas after one of these separators, where spreadsheets of some countries begin a cell, whatever the quotes.
pub(crate) fn harmless_after<'a>(separators: &[char], cell: Cow<'a, str>) -> Cow<'a, str> {
    let is_formula = |part: &str| part.trim_start_matches([' ', '"']).starts_with(SIGNS);
    if !cell.split(separators).skip(1).any(is_formula) {
        return cell;
    }
    let mut guarded = String::with_capacity(cell.len() + 1);
    for (index, part) in cell.split_inclusive(separators).enumerate() {
        if index > 0 && is_formula(part) {
            guarded.push('\'');
        }
        guarded.push_str(part);
    }
    guarded.into()
}

/// Appends a cell, in quotes where it needs them.
pub(crate) fn write_cell(out: &mut String, cell: &str, delimiter: char) {
    if cell.contains(['"', '\n', '\r', delimiter]) {
        out.push('"');
        out.push_str(&cell.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(cell);
    }
}
