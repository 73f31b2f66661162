//! The comparison of a key type in code with the key of a collection, before the first id arrives.

use super::model::{CollectionModel, FieldModel};
use super::value_type::ValueType;

/// The result of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFit {
    /// Every id can be read.
    Fits,
    /// Only ids of some records can be read: a number from a text.
    Doubtful,
    /// No id can be read.
    Never,
}

/// The values that a part of a key is read from.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Those of a user's type, which are unknown.
    Own,
    /// Any text.
    Text,
    /// Whole numbers.
    Whole,
    /// UUIDs.
    Uuid,
    /// Days.
    Day,
    /// True and false.
    Truth,
}

impl KeyKind {
    fn fit(self, field: &FieldModel) -> KeyFit {
        let column = &field.value_type;
        let is_text = matches!(column, ValueType::Text | ValueType::Enum);
        match self {
            Self::Own | Self::Text => KeyFit::Fits,
            Self::Whole => match column {
                ValueType::Integer | ValueType::Decimal => KeyFit::Fits,
                _ if is_text || field.is_dynamic => KeyFit::Doubtful,
                _ => KeyFit::Never,
            },
            // stores without such a type keep them as texts
            Self::Uuid => fits(is_text || matches!(column, ValueType::Uuid)),
            Self::Day => fits(is_text || matches!(column, ValueType::Day)),
            Self::Truth => fits(is_text || matches!(column, ValueType::Boolean | ValueType::Integer)),
        }
    }
}

fn fits(fits: bool) -> KeyFit {
    if fits { KeyFit::Fits } else { KeyFit::Never }
}

/// Compares a key type of one part.
pub(super) fn single(kind: KeyKind, collection: &CollectionModel) -> KeyFit {
    let fields: Vec<&FieldModel> = collection.key_fields().collect();
    match fields.as_slice() {
        // a collection without a key has no ids, whatever the type
        [] => KeyFit::Fits,
        [field] => kind.fit(field),
        // the packed id is a text
        _ => fits(matches!(kind, KeyKind::Own | KeyKind::Text)),
    }
}

/// Compares a key type of several parts.
pub(super) fn composite(kinds: &[KeyKind], collection: &CollectionModel) -> KeyFit {
    let fields: Vec<&FieldModel> = collection.key_fields().collect();
    if fields.is_empty() {
        return KeyFit::Fits;
    }
    if fields.len() != kinds.len() {
        return KeyFit::Never;
    }
    let in_order = |kinds: &mut dyn Iterator<Item = &KeyKind>| {
        let parts = kinds.zip(&fields).map(|(kind, field)| kind.fit(field));
        parts.fold(KeyFit::Fits, |all, part| match (all, part) {
            (KeyFit::Never, _) | (_, KeyFit::Never) => KeyFit::Never,
            (KeyFit::Fits, KeyFit::Fits) => KeyFit::Fits,
            _ => KeyFit::Doubtful,
        })
    };
    match in_order(&mut kinds.iter()) {
        // the parts are swapped
        KeyFit::Doubtful if in_order(&mut kinds.iter().rev()) == KeyFit::Fits => KeyFit::Never,
        fit => fit,
    }
}

#[cfg(test)]
mod tests {
    use super::super::record_key::RecordKey;
    use super::*;

    fn collection(key: &[ValueType]) -> CollectionModel {
        let names: Vec<String> = (0..key.len()).map(|part| format!("part{part}")).collect();
        let fields = names
            .iter()
            .zip(key)
            .map(|(name, of)| FieldModel::new(name.clone(), of.clone()));
        let model = CollectionModel::new("loans").key(names.clone());
        fields.fold(model, CollectionModel::field)
    }

    #[test]
    fn sel_07_a_key_type_is_compared_with_the_columns() {
        use ValueType::{Integer, Text, Uuid};
        let fit = |fit: fn(&CollectionModel) -> KeyFit, key: &[ValueType]| fit(&collection(key));
        for (fits, key, expected) in [
            (
                i64::fit as fn(&CollectionModel) -> KeyFit,
                [Integer].as_slice(),
                KeyFit::Fits,
            ),
            (i64::fit, &[Text], KeyFit::Doubtful),
            (i64::fit, &[Uuid], KeyFit::Never),
            (i64::fit, &[Text, Integer], KeyFit::Never),
            (String::fit, &[Text, Integer], KeyFit::Fits),
            (uuid::Uuid::fit, &[Text], KeyFit::Fits),
            (uuid::Uuid::fit, &[Integer], KeyFit::Never),
            (<(String, i32)>::fit, &[Text, Integer], KeyFit::Fits),
            (<(i32, String)>::fit, &[Text, Integer], KeyFit::Never),
            (<(i32, i32)>::fit, &[Text, Integer], KeyFit::Doubtful),
            (<(String, i32)>::fit, &[Integer], KeyFit::Never),
            (i64::fit, &[], KeyFit::Fits),
        ] {
            assert_eq!(fit(fits, key), expected, "{key:?}");
        }
    }
}
