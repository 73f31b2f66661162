//! A pen for PDF pages: text in Helvetica, aligned and cut to a width, lines and filled boxes.

use pdf_writer::{Content, Name, Str};

/// The name of Helvetica in a page's resources.
pub(crate) const REGULAR: &[u8] = b"F1";

/// The name of Helvetica Bold in a page's resources.
pub(crate) const BOLD: &[u8] = b"F2";

/// One page's content under construction.
pub(crate) struct Pen(Content);

impl Pen {
    pub(crate) fn new() -> Self {
        Self(Content::new())
    }

    /// Writes `text` from `x` to the right.
    pub(crate) fn text(&mut self, x: f32, y: f32, font: &[u8], size: f32, text: &str) {
        self.bytes(x, y, font, size, &encoded(text));
    }

    /// Writes `text` so that it ends at `x`.
    pub(crate) fn text_right(&mut self, x: f32, y: f32, font: &[u8], size: f32, text: &str) {
        let bytes = encoded(text);
        self.bytes(x - width(font, &bytes, size), y, font, size, &bytes);
    }

    /// Writes as much of `text` as fits into `room`, with an ellipsis where it was cut.
    pub(crate) fn text_within(&mut self, x: f32, y: f32, room: f32, size: f32, text: &str) {
        let mut bytes = encoded(text);
        if width(REGULAR, &bytes, size) > room {
            while width(REGULAR, &bytes, size) + width(REGULAR, &[ELLIPSIS], size) > room && bytes.pop().is_some() {}
            bytes.push(ELLIPSIS);
        }
        self.bytes(x, y, REGULAR, size, &bytes);
    }

    fn bytes(&mut self, x: f32, y: f32, font: &[u8], size: f32, bytes: &[u8]) {
        self.0
            .begin_text()
            .set_font(Name(font), size)
            .next_line(x, y)
            .show(Str(bytes))
            .end_text();
    }

    /// Sets the shade of the following text: 0 is black, 1 is white.
    pub(crate) fn gray(&mut self, shade: f32) {
        self.0.set_fill_gray(shade);
    }

    /// A horizontal line.
    pub(crate) fn line(&mut self, from: f32, to: f32, y: f32, thickness: f32) {
        self.0
            .set_line_width(thickness)
            .set_stroke_gray(0.6)
            .move_to(from, y)
            .line_to(to, y)
            .stroke();
    }

    /// A filled box.
    pub(crate) fn fill(&mut self, x: f32, y: f32, width: f32, height: f32, shade: f32) {
        self.0
            .save_state()
            .set_fill_gray(shade)
            .rect(x, y, width, height)
            .fill_nonzero()
            .restore_state();
    }

    pub(crate) fn finish(self) -> Content {
        self.0
    }
}

const ELLIPSIS: u8 = 0x85;

/// `text` in WinAnsi. Letters that it lacks become `?`, as the font could not show them either.
fn encoded(text: &str) -> Vec<u8> {
    text.chars()
        .map(|character| match character {
            ' '..='~' | '\u{a0}'..='\u{ff}' => u8::try_from(character).unwrap_or(b'?'),
            '€' => 0x80,
            '…' => ELLIPSIS,
            '‘' => 0x91,
            '’' => 0x92,
            '“' => 0x93,
            '”' => 0x94,
            '•' => 0x95,
            '–' => 0x96,
            '—' => 0x97,
            'Š' => 0x8a,
            'š' => 0x9a,
            'Ž' => 0x8e,
            'ž' => 0x9e,
            'Œ' => 0x8c,
            'œ' => 0x9c,
            _ => b'?',
        })
        .collect()
}

/// Width of the text at this size.
fn width(font: &[u8], bytes: &[u8], size: f32) -> f32 {
    let widths = if font == BOLD { &BOLD_WIDTHS } else { &WIDTHS };
    let thousandths: u32 = bytes
        .iter()
        .map(|byte| {
            let index = usize::from(*byte).checked_sub(32);
            let known = index.and_then(|index| widths.get(index)).copied();
            // letters with accents are about as wide as an `n`
            u32::from(known.unwrap_or(556))
        })
        .sum();
    #[allow(clippy::cast_precision_loss, reason = "a line of text is far below 2^24 units")]
    let units = thousandths as f32;
    units * size / 1000.0
}

/// The widths of Helvetica's letters from the blank to the tilde, in thousandths of the size.
#[rustfmt::skip]
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// The same for Helvetica Bold.
#[rustfmt::skip]
const BOLD_WIDTHS: [u16; 95] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
    975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556,
    333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_encoded_for_the_font() {
        assert_eq!(encoded("Zoë – 5 €"), b"Zo\xeb \x96 5 \x80");
        assert_eq!(encoded("日本"), b"??");
        assert_eq!(encoded("a\nb"), b"a?b");
    }

    #[test]
    fn letter_widths_match_the_font_metrics() {
        assert!((width(REGULAR, b"$42.00", 10.0) - 30.58).abs() < 0.001);
        assert!((width(BOLD, b"Am", 1000.0) - 1611.0).abs() < 0.001);
        assert!((width(REGULAR, b"~", 1000.0) - 584.0).abs() < 0.001);
    }

    #[test]
    fn long_text_is_truncated_to_the_width() {
        let mut pen = Pen::new();
        pen.text_within(0.0, 0.0, 60.0, 9.0, &"word ".repeat(40));
        let content = pen.finish().finish();
        let shown = content.as_slice();
        assert!(shown.len() < 120, "{}", shown.len());
        assert!(
            shown
                .windows(4)
                .any(|window| window == b"\\205" || window == [b'<', b'7', b'7', b'6'])
        );
    }
}
