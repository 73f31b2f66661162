//! The arrangement of a form: pages, rows, separators and HTML blocks.
//!
//! The types allow only the layouts of the protocol: pages are not nested, rows have only fields, and pages do not mix with other
//! elements (protocol: layouts).

use std::collections::HashSet;

use serde_json::{Value, json};

/// An arrangement: either pages, or elements on one page.
///
/// ```
/// use forest_actions::form::layout::{Layout, html, input, page, row, separator};
///
/// let _ = Layout::from([
///     page([html("<h3>Customer</h3>"), row(["firstname", "lastname"]), separator(), input("email")]).next_button("Go on"),
///     page([input("amount")]),
/// ]);
/// let _ = Layout::from([row(["city", "zip code"]), input("country")]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Layout(Root);

#[derive(Debug, Clone, PartialEq)]
enum Root {
    Pages(Vec<Page>),
    Elements(Vec<Element>),
}

/// An element of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Element(Kind);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Input(String),
    Row(Vec<String>),
    Separator,
    Html(String),
}

/// One page of a form that is filled in step by step.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Page {
    elements: Vec<Element>,
    next_button: Option<String>,
    previous_button: Option<String>,
}

/// A field, by its name.
pub fn input(field: impl Into<String>) -> Element {
    Element(Kind::Input(field.into()))
}

/// Fields side by side, by name. The UI has room for two.
pub fn row<I>(fields: I) -> Element
where
    I: IntoIterator,
    I::Item: Into<String>,
{
    Element(Kind::Row(fields.into_iter().map(Into::into).collect()))
}

/// A separating line.
#[must_use]
pub fn separator() -> Element {
    Element(Kind::Separator)
}

/// A block of HTML, shown as it is: escape untrusted text.
pub fn html(content: impl Into<String>) -> Element {
    Element(Kind::Html(content.into()))
}

/// A page with these elements.
pub fn page(elements: impl IntoIterator<Item = Element>) -> Page {
    Page {
        elements: elements.into_iter().collect(),
        next_button: None,
        previous_button: None,
    }
}

impl Page {
    /// Sets the label of the button to the next page.
    pub fn next_button(mut self, label: impl Into<String>) -> Self {
        self.next_button = Some(label.into());
        self
    }

    /// Sets the label of the button to the previous page.
    pub fn previous_button(mut self, label: impl Into<String>) -> Self {
        self.previous_button = Some(label.into());
        self
    }
}

macro_rules! from_lists {
    ($($item:ty => $root:ident),*) => {$(
        impl From<Vec<$item>> for Layout {
            fn from(items: Vec<$item>) -> Self {
                Self(Root::$root(items))
            }
        }
        impl<const N: usize> From<[$item; N]> for Layout {
            fn from(items: [$item; N]) -> Self {
                Self(Root::$root(items.into()))
            }
        }
    )*};
}

from_lists!(Page => Pages, Element => Elements);

impl Element {
    fn fields(&self) -> &[String] {
        match &self.0 {
            Kind::Input(field) => std::slice::from_ref(field),
            Kind::Row(fields) => fields,
            Kind::Separator | Kind::Html(_) => &[],
        }
    }

    pub(super) fn places(&self, field: &str) -> bool {
        self.fields().iter().any(|placed| placed == field)
    }

    fn to_json(&self) -> Value {
        match &self.0 {
            Kind::Input(field) => input_json(field),
            Kind::Row(fields) => {
                let fields: Vec<Value> = fields.iter().map(|field| input_json(field)).collect();
                json!({"type": "Layout", "component": "row", "fields": fields})
            }
            Kind::Separator => json!({"type": "Layout", "component": "separator"}),
            Kind::Html(content) => json!({"type": "Layout", "component": "htmlBlock", "content": content}),
        }
    }
}

fn input_json(field: &str) -> Value {
    json!({"type": "Layout", "component": "input", "fieldId": field})
}

/// A field that a layout cannot place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LayoutProblem {
    #[error("its layout places the field `{0}`, which the form does not have")]
    UnknownField(String),
    #[error("its layout places the field `{0}` twice")]
    PlacedTwice(String),
}

impl Layout {
    /// The names of the fields in order.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        let (pages, elements): (&[Page], &[Element]) = match &self.0 {
            Root::Pages(pages) => (pages, &[]),
            Root::Elements(elements) => (&[], elements),
        };
        let on_pages = pages.iter().flat_map(|page| &page.elements);
        on_pages.chain(elements).flat_map(Element::fields).map(String::as_str)
    }

    /// The first problem in the arrangement of these fields (FRM-16).
    pub(crate) fn problem<'a>(&self, known: impl Iterator<Item = &'a str> + Clone) -> Option<LayoutProblem> {
        let mut seen = HashSet::new();
        self.fields().find_map(|field| {
            if !known.clone().any(|known| known == field) {
                Some(LayoutProblem::UnknownField(field.to_owned()))
            } else if !seen.insert(field) {
                Some(LayoutProblem::PlacedTwice(field.to_owned()))
            } else {
                None
            }
        })
    }

    /// The declared arrangement without the fields that a hook has removed, and with those that it has added at the end.
    pub(crate) fn fitted<'a>(
        mut self,
        is_present: impl Fn(&str) -> bool,
        added: impl Iterator<Item = &'a str>,
    ) -> Self {
        let keep = |elements: &mut Vec<Element>| {
            elements.retain_mut(|element| match &mut element.0 {
                Kind::Input(field) => is_present(field),
                Kind::Row(fields) => {
                    fields.retain(|field| is_present(field));
                    !fields.is_empty()
                }
                Kind::Separator | Kind::Html(_) => true,
            });
        };
        match &mut self.0 {
            Root::Elements(elements) => {
                keep(elements);
                elements.extend(added.map(input));
            }
            Root::Pages(pages) => {
                pages.iter_mut().for_each(|page| keep(&mut page.elements));
                if let Some(last) = pages.last_mut() {
                    last.elements.extend(added.map(input));
                }
            }
        }
        self
    }

    /// The arrangement with elements before its first and after its last one.
    pub(super) fn framed(mut self, top: Vec<Element>, bottom: Vec<Element>) -> Self {
        match &mut self.0 {
            Root::Elements(elements) => {
                elements.splice(0..0, top);
                elements.extend(bottom);
            }
            Root::Pages(pages) => {
                if pages.is_empty() {
                    pages.push(page([]));
                }
                if let Some(first) = pages.first_mut() {
                    first.elements.splice(0..0, top);
                }
                if let Some(last) = pages.last_mut() {
                    last.elements.extend(bottom);
                }
            }
        }
        self
    }

    /// The JSON of hook answers; empty without elements.
    pub(crate) fn to_json(&self) -> Vec<Value> {
        match &self.0 {
            Root::Pages(pages) => pages.iter().map(Page::to_json).collect(),
            Root::Elements(elements) if elements.iter().all(|element| matches!(element.0, Kind::Input(_))) => {
                Vec::new()
            }
            Root::Elements(elements) => elements.iter().map(Element::to_json).collect(),
        }
    }
}

impl Page {
    fn to_json(&self) -> Value {
        let elements: Vec<Value> = self.elements.iter().map(Element::to_json).collect();
        let mut page = json!({"type": "Layout", "component": "page", "elements": elements});
        if let Value::Object(page) = &mut page {
            for (key, label) in [
                ("nextButtonLabel", &self.next_button),
                ("previousButtonLabel", &self.previous_button),
            ] {
                if let Some(label) = label {
                    page.insert(key.to_owned(), label.as_str().into());
                }
            }
        }
        page
    }
}
