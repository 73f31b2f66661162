//! Text into HTML. Everything that a page of the fake server shows goes through here: names come from schemas, from
//! tests and from whoever calls.

use std::fmt::{self, Write as _};

/// Displays a value with the characters that mean something in HTML replaced; for text and quoted attributes.
pub(super) struct Escaped<T>(pub(super) T);

impl<T: fmt::Display> fmt::Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);
        impl fmt::Write for Escaping<'_, '_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                text.chars().try_for_each(|c| match c {
                    '&' => self.0.write_str("&amp;"),
                    '<' => self.0.write_str("&lt;"),
                    '>' => self.0.write_str("&gt;"),
                    '"' => self.0.write_str("&quot;"),
                    '\'' => self.0.write_str("&#39;"),
                    c => self.0.write_char(c),
                })
            }
        }
        write!(Escaping(f), "{}", self.0)
    }
}

/// A whole page without script; `body` is HTML.
pub(super) fn page(title: &str, body: &str) -> String {
    const STYLE: &str = "body{font:15px/1.5 sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}\
        table{border-collapse:collapse;margin:.5rem 0}td,th{border:1px solid #bbb;padding:.3rem .6rem;text-align:left;\
        vertical-align:top}form{display:inline}button.on{background:#cfe8cf}code,textarea{font:13px monospace}\
        textarea{width:100%}";
    let title = Escaped(title);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style>\
         </head><body><h1>{title}</h1>{body}</body></html>"
    )
}

#[cfg(test)]
mod tests {
    use super::Escaped;

    #[test]
    fn nothing_of_a_text_is_read_as_html() {
        let text = Escaped("<b class=\"x\" id='y'>&amp;</b>").to_string();
        assert_eq!(text, "&lt;b class=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;&lt;/b&gt;");
    }
}
