//! Text in HTML.

/// The text with the characters escaped that mean something in HTML or in a quoted attribute.
pub(crate) fn html_escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(character),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    #[test]
    fn markup_is_escaped() {
        assert_eq!(
            super::html_escaped("<b a='x' c=\"y\">&é"),
            "&lt;b a=&#39;x&#39; c=&quot;y&quot;&gt;&amp;é"
        );
    }
}
