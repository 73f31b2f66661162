//! The two orders of a schema: collections as JavaScript's `localeCompare` sorts them in English, everything else by UTF-16 code
//! unit (protocol: schema file, order).
//!
//! The file must be the same on every machine, so neither asks the operating system for a locale: the first is the root collation
//! of the Unicode CLDR.

use std::cmp::Ordering;
use std::sync::LazyLock;

use icu_collator::options::CollatorOptions;
use icu_collator::{CollatorBorrowed, CollatorPreferences};

use super::Collection;
use super::defaults::Named;

/// Made once: that is cheap but not free, and a sort compares often.
static ROOT: LazyLock<Option<CollatorBorrowed<'static>>> = LazyLock::new(|| {
    // The defaults of the root collation are JavaScript's: three levels, punctuation counts, no case first, digits one by one.
    // The error can only mean missing data, and the data is compiled in.
    CollatorBorrowed::try_new(CollatorPreferences::default(), CollatorOptions::default()).ok()
});

/// Letters decide first, then accents, then case (lower case first); punctuation comes before digits, digits before letters.
/// Two spellings of the same accented letter are `Equal`.
pub(super) fn compare_collections(a: &str, b: &str) -> Ordering {
    match &*ROOT {
        Some(collator) => collator.compare(a, b),
        None => compare_code_units(a, b),
    }
}

/// Compares as JavaScript's `<`. Differs from Rust's order only where characters outside the basic plane meet U+E000..U+FFFF.
pub(super) fn compare_code_units(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// Sorts collections, their fields, segments and actions. The fields of a form stay as declared.
///
/// Names that the collation holds for equal are sorted by code unit, so that the order of declaration does not show.
pub(super) fn sort(collections: &mut [Collection]) {
    collections
        .sort_by(|a, b| compare_collections(&a.name, &b.name).then_with(|| compare_code_units(&a.name, &b.name)));
    for collection in collections {
        collection.fields.sort_by(|a, b| {
            compare_code_units(&a.field, &b.field)
                .then_with(|| compare_code_units(&a.field_type.sort_key(), &b.field_type.sort_key()))
        });
        sort_by_name(&mut collection.segments);
        sort_by_name(&mut collection.actions);
    }
}

fn sort_by_name(elements: &mut [impl Named]) {
    elements.sort_by(|a, b| compare_code_units(a.name(), b.name()));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::schema;
    use super::*;

    #[test]
    fn code_units_order_surrogates_before_the_private_use_area() {
        assert_eq!(compare_code_units("🚀", "\u{e000}"), Ordering::Less);
        assert_eq!("🚀".cmp("\u{e000}"), Ordering::Greater);
        assert_eq!(compare_code_units("Zip", "ban"), Ordering::Less);
    }

    #[test]
    fn collections_are_sorted_by_letter_then_accent_then_case() {
        let mut names = vec!["apple", "Zebra", "äpfel", "Apfel", "apfel", "_users"];
        names.sort_by(|a, b| compare_collections(a, b));
        assert_eq!(names, ["_users", "apfel", "Apfel", "äpfel", "apple", "Zebra"]);
    }

    #[test]
    fn sch_01_names_that_collate_as_equal_have_one_order() {
        let composed = "caf\u{e9}";
        let decomposed = "cafe\u{301}";
        assert_eq!(compare_collections(composed, decomposed), Ordering::Equal);
        let schema = |names: [&str; 2]| schema(json!(names.map(|name| json!({"name": name}))));
        assert_eq!(schema([composed, decomposed]), schema([decomposed, composed]));
    }

    #[test]
    fn fields_of_the_same_name_are_sorted_by_type_and_form_fields_are_not_sorted() {
        let schema = schema(json!([{
            "name": "users",
            "fields": [
                {"field": "id", "type": ["Number"]},
                {"field": "id", "type": "Aaa"},
                {"field": "Age", "type": "Number"},
            ],
            "actions": [
                {"name": "ban", "endpoint": "/ban", "fields": [{"field": "b"}, {"field": "a"}]},
                {"name": "Ban", "endpoint": "/ban2"},
            ],
        }]));
        let users = &schema.collections[0];
        let fields: Vec<_> = users
            .fields
            .iter()
            .map(|field| (field.field.as_str(), field.field_type.sort_key()))
            .collect();
        assert_eq!(
            fields,
            [("Age", "Number".into()), ("id", "Aaa".into()), ("id", "Number".into())]
        );
        assert_eq!(users.actions[0].name, "Ban");
        assert_eq!(users.actions[1].fields[0].field, "b");
    }
}
