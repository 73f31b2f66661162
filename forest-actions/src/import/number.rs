//! Numbers of spreadsheets, whose decimal mark depends on the country.

/// The decimal mark of a file, by its delimiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Point,
    /// Spreadsheets of countries with a decimal comma write semicolons.
    Comma,
    /// Files with tabs come from all countries.
    Either,
}

impl Mark {
    pub(super) fn of(delimiter: u8) -> Self {
        match delimiter {
            b';' => Self::Comma,
            b'\t' => Self::Either,
            _ => Self::Point,
        }
    }
}

/// Why a text is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotDecimal {
    NotANumber,
    /// The mark may be a decimal mark or stand for thousands.
    Ambiguous,
    /// A comma in a file with decimal points.
    Comma,
}

impl NotDecimal {
    /// The end of a message that begins with the expected kind of number.
    pub(super) fn advice(self) -> Option<&'static str> {
        match self {
            Self::NotANumber => None,
            Self::Ambiguous => Some("without a mark for thousands"),
            Self::Comma => Some("with a decimal point"),
        }
    }
}

/// The longest number, in bytes.
const LONGEST: usize = 64;

/// The number with a point as its decimal mark.
///
/// A mark with exactly three digits behind it may stand for thousands. It is read if it is the decimal mark of the file, and refused
/// otherwise.
///
/// # Errors
/// Another text, both marks, or a mark that is ambiguous.
pub(super) fn decimal(text: &str, mark: Mark) -> Result<String, NotDecimal> {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let known = |byte: u8| is_digit(byte) || matches!(byte, b'+' | b'-' | b'.' | b',' | b'e' | b'E');
    if text.len() > LONGEST || !text.bytes().all(known) || !text.bytes().any(is_digit) {
        return Err(NotDecimal::NotANumber);
    }
    let (base, exponent) = match text.split_once(['e', 'E']) {
        Some((base, exponent)) => (base, Some(exponent)),
        None => (text, None),
    };
    let (sign, digits) = match base.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", base.strip_prefix('+').unwrap_or(base)),
    };
    let marks: Vec<char> = digits
        .chars()
        .filter(|character| matches!(character, '.' | ','))
        .collect();
    let (whole, fraction) = match marks.as_slice() {
        [] => (digits, None),
        [one] => {
            let (whole, fraction) = digits.split_once(*one).unwrap_or((digits, ""));
            // thousands never begin with a zero
            let may_be_thousands = fraction.len() == 3 && matches!(whole.len(), 1..=3) && !whole.starts_with('0');
            match (*one, mark) {
                ('.', Mark::Comma) | (',', Mark::Either) if may_be_thousands => return Err(NotDecimal::Ambiguous),
                (',', Mark::Point) => return Err(NotDecimal::Comma),
                _ => (whole, Some(fraction)),
            }
        }
        _ => return Err(NotDecimal::Ambiguous),
    };
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(is_digit);
    let has_digits = match fraction {
        Some(fraction) => (whole.is_empty() || are_digits(whole)) && are_digits(fraction),
        None => are_digits(whole),
    };
    let exponent_fits =
        exponent.is_none_or(|exponent| are_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
    if !has_digits || !exponent_fits {
        return Err(NotDecimal::NotANumber);
    }
    let mut number = format!("{sign}{}", if whole.is_empty() { "0" } else { whole });
    for (before, part) in [('.', fraction), ('e', exponent)] {
        if let Some(part) = part {
            number.push(before);
            number.push_str(part);
        }
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_follows_from_the_delimiter() {
        let (point, comma, either) = (Mark::of(b','), Mark::of(b';'), Mark::of(b'\t'));
        for (text, mark, expected) in [
            ("1.5", point, "1.5"),
            ("1.500", point, "1.500"),
            ("1,500", comma, "1.500"),
            ("1,5", comma, "1.5"),
            ("1.5", comma, "1.5"),
            ("0.500", comma, "0.500"),
            ("1234.500", comma, "1234.500"),
            ("1,5", either, "1.5"),
            ("1.500", either, "1.500"),
            (",5", comma, "0.5"),
            ("+7", point, "7"),
            ("-1,5E-3", comma, "-1.5e-3"),
        ] {
            assert_eq!(decimal(text, mark).as_deref(), Ok(expected), "{text} {mark:?}");
        }
        for (text, mark, problem) in [
            ("1.500", comma, NotDecimal::Ambiguous),
            ("1,500", either, NotDecimal::Ambiguous),
            ("1.234,5", comma, NotDecimal::Ambiguous),
            ("1,234.5", point, NotDecimal::Ambiguous),
            ("1,234,567", point, NotDecimal::Ambiguous),
            ("1,5", point, NotDecimal::Comma),
            ("1,500", point, NotDecimal::Comma),
        ] {
            assert_eq!(decimal(text, mark), Err(problem), "{text} {mark:?}");
        }
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in [
            "",
            "x",
            "1 500",
            "NaN",
            "inf",
            "1_000",
            "--1",
            "1.",
            ".",
            "e5",
            "1e",
            "1e1.5",
            "0x10",
            "٣",
            "€5",
            &"1".repeat(65),
        ] {
            assert_eq!(decimal(text, Mark::Point), Err(NotDecimal::NotANumber), "{text}");
        }
    }
}
