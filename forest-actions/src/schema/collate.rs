//! The two orders of a schema: collections as people read names, everything else by UTF-16 code unit.
//!
//! The file must come out the same on every machine, so neither order asks the operating system for a locale: the
//! first is the root collation of the Unicode CLDR, which is what JavaScript's `localeCompare` gives for English
//! (protocol: schema file, order). Called by `encode`, `document` and `diff`.

use super::{Collection, CollectionField, Schema};
use icu_collator::options::CollatorOptions;
use icu_collator::{CollatorBorrowed, CollatorPreferences};
use std::cmp::Ordering;
use std::sync::LazyLock;

/// Immutable tables compiled into the program; making a collator is cheap but not free, and a sort asks often.
static ROOT: LazyLock<Option<CollatorBorrowed<'static>>> = LazyLock::new(|| {
    // The defaults of the root collation are JavaScript's: three levels, punctuation counts, no case first, digits
    // one by one. The error can only mean missing data, and the data is compiled in.
    CollatorBorrowed::try_new(CollatorPreferences::default(), CollatorOptions::default()).ok()
});

/// Compares two collection names as JavaScript's `localeCompare` does in English.
///
/// Letters decide first, then accents, then case (lower case first); punctuation comes before digits, digits before
/// letters. Names that differ in nothing of this, such as two spellings of the same accented letter, are `Equal`.
///
/// ```
/// use forest_actions::schema::compare_collections;
///
/// let mut names = vec!["apple", "Zebra", "äpfel", "Apfel", "apfel", "_users"];
/// names.sort_by(|a, b| compare_collections(a, b));
/// assert_eq!(names, ["_users", "apfel", "Apfel", "äpfel", "apple", "Zebra"]);
/// ```
#[must_use]
pub fn compare_collections(a: &str, b: &str) -> Ordering {
    match &*ROOT {
        Some(collator) => collator.compare(a, b),
        None => compare_code_units(a, b),
    }
}

/// Compares two texts by UTF-16 code unit, as JavaScript's `<` does: the order of fields, segments and actions.
///
/// It differs from Rust's own order only where characters outside the basic plane meet U+E000..U+FFFF.
pub(super) fn compare_code_units(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

impl Schema {
    /// Puts collections, their fields, segments and actions in the order of the schema file.
    ///
    /// Action fields stay as declared, since their order is that of the form. Names that the collation holds for
    /// equal are told apart by code unit, so that the result does not depend on the order of declaration.
    /// [`Schema::to_file_text`] and [`Schema::document`] do this on their own.
    pub fn sort(&mut self) {
        self.collections
            .sort_by(|a, b| compare_collections(&a.name, &b.name).then_with(|| compare_code_units(&a.name, &b.name)));
        self.collections.iter_mut().for_each(Collection::sort);
    }
}

impl Collection {
    fn sort(&mut self) {
        self.fields.sort_by(compare_fields);
        self.segments.sort_by(|a, b| compare_code_units(&a.name, &b.name));
        self.actions.sort_by(|a, b| compare_code_units(&a.name, &b.name));
    }
}

fn compare_fields(a: &CollectionField, b: &CollectionField) -> Ordering {
    compare_code_units(&a.field, &b.field)
        .then_with(|| compare_code_units(&a.field_type.sort_key(), &b.field_type.sort_key()))
}

#[cfg(test)]
mod tests {
    use super::super::{Action, ActionField, FieldType, Meta};
    use super::*;

    #[test]
    fn code_units_order_surrogates_before_the_private_use_area() {
        assert_eq!(compare_code_units("🚀", "\u{e000}"), Ordering::Less);
        assert_eq!("🚀".cmp("\u{e000}"), Ordering::Greater);
        assert_eq!(compare_code_units("Zip", "ban"), Ordering::Less);
    }

    #[test]
    fn sch_01_names_the_collation_holds_for_equal_still_have_one_order() {
        let composed = "caf\u{e9}";
        let decomposed = "cafe\u{301}";
        assert_eq!(compare_collections(composed, decomposed), Ordering::Equal);
        let schema = |names: [&str; 2]| {
            let mut schema = names
                .into_iter()
                .map(Collection::new)
                .fold(Schema::new(Meta::new("l", "1")), Schema::collection);
            schema.sort();
            schema
        };
        assert_eq!(schema([composed, decomposed]), schema([decomposed, composed]));
    }

    #[test]
    fn fields_of_the_same_name_are_ordered_by_type_and_form_fields_stay_as_declared() {
        let mut schema = Schema::new(Meta::new("l", "1")).collection(
            Collection::new("users")
                .field(CollectionField::new("id", FieldType::list(FieldType::Number)))
                .field(CollectionField::new("id", FieldType::from("Aaa")))
                .field(CollectionField::new("Age", FieldType::Number))
                .action(
                    Action::new("ban", "/ban")
                        .field(ActionField::new("b", FieldType::String))
                        .field(ActionField::new("a", FieldType::String)),
                )
                .action(Action::new("Ban", "/ban2")),
        );
        schema.sort();
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
