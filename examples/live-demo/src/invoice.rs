//! An invoice as a PDF: A4, as many pages as its items need, with searchable text.

use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, TextStr};

use crate::money::Cents;
use crate::pdf_text::{BOLD, Pen, REGULAR};

/// An invoice: seller, customer and items.
#[derive(Debug)]
pub(crate) struct Invoice {
    pub(crate) number: String,
    /// `2025-03-14`.
    pub(crate) date: String,
    /// Lines of an address, the name first.
    pub(crate) seller: Vec<String>,
    /// Lines of an address, the name first.
    pub(crate) buyer: Vec<String>,
    pub(crate) items: Vec<Item>,
}

/// A line of the invoice.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) date: String,
    pub(crate) reference: String,
    pub(crate) description: String,
    /// Paid amount, including tax.
    pub(crate) amount: Cents,
}

/// Included in every amount of the demo.
const TAX_PERCENT: i64 = 20;

// a page in points, counted from the bottom left
const WIDTH: f32 = 595.276;
const HEIGHT: f32 = 841.89;
const LEFT: f32 = 56.0;
const RIGHT: f32 = WIDTH - 56.0;
const ROW: f32 = 18.0;
const DATE_AT: f32 = LEFT;
const REFERENCE_AT: f32 = LEFT + 76.0;
const DESCRIPTION_AT: f32 = LEFT + 156.0;
const DESCRIPTION_WIDTH: f32 = RIGHT - 84.0 - DESCRIPTION_AT;
const FIRST_TABLE_AT: f32 = 600.0;
const NEXT_TABLE_AT: f32 = 750.0;

// so that the totals always fit below the last row
const ROWS_ON_FIRST: usize = 24;
const ROWS_ON_NEXT: usize = 33;

impl Invoice {
    /// The document.
    pub(crate) fn to_pdf(&self) -> Vec<u8> {
        let pages = self.pages();
        let mut ids = (1..).map(Ref::new);
        let mut next = || ids.next().unwrap_or(Ref::new(i32::MAX));
        let (catalog, tree, info, regular, bold) = (next(), next(), next(), next(), next());
        let page_ids: Vec<(Ref, Ref)> = pages.iter().map(|_| (next(), next())).collect();

        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(tree).lang(TextStr("en"));
        pdf.document_info(info)
            .title(TextStr(&format!("Invoice {}", self.number)))
            .creator(TextStr("forest-actions live demo"));
        pdf.pages(tree)
            .kids(page_ids.iter().map(|(page, _)| *page))
            .count(i32::try_from(page_ids.len()).unwrap_or(i32::MAX));
        for (font, name) in [(regular, "Helvetica"), (bold, "Helvetica-Bold")] {
            pdf.type1_font(font)
                .base_font(Name(name.as_bytes()))
                .encoding_predefined(Name(b"WinAnsiEncoding"));
        }
        for (content, (page_id, content_id)) in pages.into_iter().zip(page_ids) {
            let mut page = pdf.page(page_id);
            page.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT));
            page.parent(tree);
            page.contents(content_id);
            page.resources()
                .fonts()
                .pair(Name(REGULAR), regular)
                .pair(Name(BOLD), bold);
            page.finish();
            pdf.stream(content_id, &content.finish());
        }
        pdf.finish()
    }

    fn pages(&self) -> Vec<Content> {
        let (first, rest) = self.items.split_at(self.items.len().min(ROWS_ON_FIRST));
        let mut chunks = vec![first];
        chunks.extend(rest.chunks(ROWS_ON_NEXT));
        let count = chunks.len();
        chunks
            .into_iter()
            .enumerate()
            .map(|(index, items)| {
                let mut pen = Pen::new();
                let table_at = if index == 0 {
                    self.header(&mut pen);
                    FIRST_TABLE_AT
                } else {
                    pen.text(
                        LEFT,
                        790.0,
                        REGULAR,
                        9.0,
                        &format!("Invoice {}, continued", self.number),
                    );
                    NEXT_TABLE_AT
                };
                let below = table(&mut pen, table_at, items);
                if index + 1 == count {
                    self.totals(&mut pen, below);
                }
                self.footer(&mut pen, index + 1, count);
                pen.finish()
            })
            .collect()
    }

    fn header(&self, pen: &mut Pen) {
        for (index, (line, at)) in self.seller.iter().zip(lines_from(776.0)).enumerate() {
            if index == 0 {
                pen.text(LEFT, at, BOLD, 16.0, line);
            } else {
                pen.text(LEFT, at - 4.0, REGULAR, 10.0, line);
            }
        }
        pen.gray(0.35);
        pen.text_right(RIGHT, 774.0, REGULAR, 24.0, "INVOICE");
        pen.gray(0.0);
        pen.line(LEFT, RIGHT, 736.0, 1.0);

        pen.gray(0.35);
        pen.text(LEFT, 708.0, REGULAR, 9.0, "Billed to");
        pen.gray(0.0);
        for (index, (line, at)) in self.buyer.iter().zip(lines_from(692.0)).enumerate() {
            pen.text(LEFT, at, if index == 0 { BOLD } else { REGULAR }, 10.0, line);
        }
        let facts = [("Invoice number", &self.number), ("Date", &self.date)];
        for ((label, value), at) in facts.into_iter().zip(lines_from(708.0)) {
            pen.gray(0.35);
            pen.text(RIGHT - 220.0, at, REGULAR, 9.0, label);
            pen.gray(0.0);
            pen.text_right(RIGHT, at, REGULAR, 10.0, value);
        }
    }

    fn totals(&self, pen: &mut Pen, below: f32) {
        let total: i64 = self.items.iter().map(|item| item.amount.0).sum();
        let net = without_tax(total);
        let tax_label = format!("VAT ({TAX_PERCENT}%)");
        let label_at = RIGHT - 200.0;
        let mut at = below - 8.0;
        for (label, cents) in [("Total without VAT", net), (tax_label.as_str(), total - net)] {
            pen.text(label_at, at, REGULAR, 10.0, label);
            pen.text_right(RIGHT, at, REGULAR, 10.0, &Cents(cents).shown());
            at -= 16.0;
        }
        pen.line(label_at, RIGHT, at + 8.0, 0.6);
        at -= 6.0;
        pen.text(label_at, at, BOLD, 12.0, "Total (USD)");
        pen.text_right(RIGHT, at, BOLD, 12.0, &Cents(total).shown());
        pen.gray(0.35);
        pen.text(LEFT, at, REGULAR, 9.0, "Paid by card. Thank you for your business.");
        pen.gray(0.0);
    }

    fn footer(&self, pen: &mut Pen, page: usize, count: usize) {
        pen.line(LEFT, RIGHT, 62.0, 0.4);
        pen.gray(0.35);
        pen.text(LEFT, 48.0, REGULAR, 8.0, &self.seller.join(", "));
        pen.text_right(RIGHT, 48.0, REGULAR, 8.0, &format!("Page {page} of {count}"));
        pen.gray(0.0);
    }
}

/// Draws the items and returns the top of the space below.
fn table(pen: &mut Pen, top: f32, items: &[Item]) -> f32 {
    pen.fill(LEFT - 6.0, top - 6.0, RIGHT - LEFT + 12.0, ROW, 0.93);
    for (at, title) in [
        (DATE_AT, "Date"),
        (REFERENCE_AT, "Reference"),
        (DESCRIPTION_AT, "Description"),
    ] {
        pen.text(at, top, BOLD, 9.0, title);
    }
    pen.text_right(RIGHT, top, BOLD, 9.0, "Amount");
    let mut at = top;
    for item in items {
        at -= ROW;
        pen.text(DATE_AT, at, REGULAR, 9.0, &item.date);
        pen.text(REFERENCE_AT, at, REGULAR, 9.0, &item.reference);
        pen.text_within(DESCRIPTION_AT, at, DESCRIPTION_WIDTH, 9.0, &item.description);
        pen.text_right(RIGHT, at, REGULAR, 9.0, &item.amount.shown());
        pen.line(LEFT - 6.0, RIGHT + 6.0, at - 6.0, 0.3);
    }
    at - ROW
}

/// The part of a sum in cents that is not tax, to the nearest cent.
fn without_tax(total: i64) -> i64 {
    let divisor = 100 + TAX_PERCENT;
    (total * 100 + divisor / 2) / divisor
}

/// Positions of the lines of a block, from its first one down.
fn lines_from(top: f32) -> impl Iterator<Item = f32> {
    std::iter::successors(Some(top), |at| Some(at - 14.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invoice(items: usize) -> Invoice {
        let item = |index: usize| Item {
            date: "2025-03-14".to_owned(),
            reference: format!("TX-{index:05}"),
            description: "Paper rolls, box of 50".to_owned(),
            amount: Cents(1_050),
        };
        Invoice {
            number: "INV-00007-20250401".to_owned(),
            date: "2025-04-01".to_owned(),
            seller: vec!["Evergreen Supplies".to_owned(), "London".to_owned()],
            buyer: vec!["Zoë García".to_owned(), "Kestrel Foods".to_owned()],
            items: (1..=items).map(item).collect(),
        }
    }

    fn shows(pdf: &[u8], text: &str) -> bool {
        pdf.windows(text.len()).any(|window| window == text.as_bytes())
    }

    #[test]
    fn an_invoice_is_a_pdf_containing_its_text() {
        let pdf = invoice(3).to_pdf();
        assert!(pdf.starts_with(b"%PDF-") && pdf.trim_ascii_end().ends_with(b"%%EOF"));
        for text in [
            "(INVOICE)",
            "(INV-00007-20250401)",
            "(Kestrel Foods)",
            "(TX-00003)",
            "(Paper rolls, box of 50)",
            "(VAT (20%))",
            "($31.50)",
            "($26.25)",
            "($5.25)",
            "(Page 1 of 1)",
        ] {
            assert!(shows(&pdf, text), "{text}");
        }
    }

    #[test]
    fn many_items_continue_on_further_pages_without_loss() {
        let pdf = invoice(ROWS_ON_FIRST + ROWS_ON_NEXT + 1).to_pdf();
        assert!(shows(&pdf, "(Page 3 of 3)") && !shows(&pdf, "(Page 4 of 4)"));
        for index in 1..=ROWS_ON_FIRST + ROWS_ON_NEXT + 1 {
            assert!(shows(&pdf, &format!("(TX-{index:05})")), "{index}");
        }
        assert!(shows(&pdf, "($609.00)"));
        assert!(shows(&invoice(ROWS_ON_FIRST).to_pdf(), "(Page 1 of 1)"));
    }

    #[test]
    fn tax_and_net_amount_sum_to_the_total() {
        assert_eq!(without_tax(120), 100);
        for total in 0..1000 {
            let net = without_tax(total);
            let tax = total - net;
            assert!((tax * 100 - net * TAX_PERCENT).abs() <= 60, "{total}");
        }
    }
}
