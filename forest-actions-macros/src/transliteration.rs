//! The transliteration table of the slug rule: ASCII texts for characters above U+007F.
//!
//! The rows are sorted for binary search; a test compares them with the vendor's table.

/// The ASCII text for `character`, if the table has one.
pub(crate) fn transliterate(character: char) -> Option<&'static str> {
    let position = TABLE.binary_search_by_key(&character, |(from, _)| *from).ok()?;
    TABLE.get(position).map(|(_, to)| *to)
}

/// Latin-1, Latin Extended-A and Russian Cyrillic, sorted by character. The Cyrillic hard and soft signs are
/// left out on purpose: the vendor's code treats their empty replacement as a missing one.
#[rustfmt::skip]
pub(crate) const TABLE: [(char, &str); 252] = [
    ('À', "A"), ('Á', "A"), ('Â', "A"), ('Ã', "A"), ('Ä', "A"), ('Å', "A"), ('Æ', "AE"), ('Ç', "C"),
    ('È', "E"), ('É', "E"), ('Ê', "E"), ('Ë', "E"), ('Ì', "I"), ('Í', "I"), ('Î', "I"), ('Ï', "I"),
    ('Ð', "D"), ('Ñ', "N"), ('Ò', "O"), ('Ó', "O"), ('Ô', "O"), ('Õ', "O"), ('Ö', "O"), ('×', "x"),
    ('Ø', "O"), ('Ù', "U"), ('Ú', "U"), ('Û', "U"), ('Ü', "U"), ('Ý', "Y"), ('Þ', "Th"),
    ('ß', "ss"), ('à', "a"), ('á', "a"), ('â', "a"), ('ã', "a"), ('ä', "a"), ('å', "a"),
    ('æ', "ae"), ('ç', "c"), ('è', "e"), ('é', "e"), ('ê', "e"), ('ë', "e"), ('ì', "i"), ('í', "i"),
    ('î', "i"), ('ï', "i"), ('ð', "d"), ('ñ', "n"), ('ò', "o"), ('ó', "o"), ('ô', "o"), ('õ', "o"),
    ('ö', "o"), ('ø', "o"), ('ù', "u"), ('ú', "u"), ('û', "u"), ('ü', "u"), ('ý', "y"), ('þ', "th"),
    ('ÿ', "y"), ('Ā', "A"), ('ā', "a"), ('Ă', "A"), ('ă', "a"), ('Ą', "A"), ('ą', "a"), ('Ć', "C"),
    ('ć', "c"), ('Ĉ', "C"), ('ĉ', "c"), ('Ċ', "C"), ('ċ', "c"), ('Č', "C"), ('č', "c"), ('Ď', "D"),
    ('ď', "d"), ('Đ', "D"), ('đ', "d"), ('Ē', "E"), ('ē', "e"), ('Ĕ', "E"), ('ĕ', "e"), ('Ė', "E"),
    ('ė', "e"), ('Ę', "E"), ('ę', "e"), ('Ě', "E"), ('ě', "e"), ('Ĝ', "G"), ('ĝ', "g"), ('Ğ', "G"),
    ('ğ', "g"), ('Ġ', "G"), ('ġ', "g"), ('Ģ', "G"), ('ģ', "g"), ('Ĥ', "H"), ('ĥ', "h"), ('Ħ', "H"),
    ('ħ', "h"), ('Ĩ', "I"), ('ĩ', "i"), ('Ī', "I"), ('ī', "i"), ('Ĭ', "I"), ('ĭ', "i"), ('Į', "I"),
    ('į', "i"), ('İ', "I"), ('ı', "i"), ('Ĳ', "IJ"), ('ĳ', "ij"), ('Ĵ', "J"), ('ĵ', "j"),
    ('Ķ', "K"), ('ķ', "k"), ('ĸ', "k"), ('Ĺ', "L"), ('ĺ', "l"), ('Ļ', "L"), ('ļ', "l"), ('Ľ', "L"),
    ('ľ', "l"), ('Ŀ', "L"), ('ŀ', "l"), ('Ł', "L"), ('ł', "l"), ('Ń', "N"), ('ń', "n"), ('Ņ', "N"),
    ('ņ', "n"), ('Ň', "N"), ('ň', "n"), ('ŉ', "'n"), ('Ŋ', "NG"), ('ŋ', "ng"), ('Ō', "O"),
    ('ō', "o"), ('Ŏ', "O"), ('ŏ', "o"), ('Ő', "O"), ('ő', "o"), ('Œ', "OE"), ('œ', "oe"),
    ('Ŕ', "R"), ('ŕ', "r"), ('Ŗ', "R"), ('ŗ', "r"), ('Ř', "R"), ('ř', "r"), ('Ś', "S"), ('ś', "s"),
    ('Ŝ', "S"), ('ŝ', "s"), ('Ş', "S"), ('ş', "s"), ('Š', "S"), ('š', "s"), ('Ţ', "T"), ('ţ', "t"),
    ('Ť', "T"), ('ť', "t"), ('Ŧ', "T"), ('ŧ', "t"), ('Ũ', "U"), ('ũ', "u"), ('Ū', "U"), ('ū', "u"),
    ('Ŭ', "U"), ('ŭ', "u"), ('Ů', "U"), ('ů', "u"), ('Ű', "U"), ('ű', "u"), ('Ų', "U"), ('ų', "u"),
    ('Ŵ', "W"), ('ŵ', "w"), ('Ŷ', "Y"), ('ŷ', "y"), ('Ÿ', "Y"), ('Ź', "Z"), ('ź', "z"), ('Ż', "Z"),
    ('ż', "z"), ('Ž', "Z"), ('ž', "z"), ('Ё', "E"), ('А', "A"), ('Б', "B"), ('В', "V"), ('Г', "G"),
    ('Д', "D"), ('Е', "E"), ('Ж', "ZH"), ('З', "Z"), ('И', "I"), ('Й', "J"), ('К', "K"), ('Л', "L"),
    ('М', "M"), ('Н', "N"), ('О', "O"), ('П', "P"), ('Р', "R"), ('С', "S"), ('Т', "T"), ('У', "U"),
    ('Ф', "F"), ('Х', "KH"), ('Ц', "C"), ('Ч', "CH"), ('Ш', "SH"), ('Щ', "SHCH"), ('Ы', "Y"),
    ('Э', "E"), ('Ю', "YU"), ('Я', "YA"), ('а', "a"), ('б', "b"), ('в', "v"), ('г', "g"),
    ('д', "d"), ('е', "e"), ('ж', "zh"), ('з', "z"), ('и', "i"), ('й', "j"), ('к', "k"), ('л', "l"),
    ('м', "m"), ('н', "n"), ('о', "o"), ('п', "p"), ('р', "r"), ('с', "s"), ('т', "t"), ('у', "u"),
    ('ф', "f"), ('х', "kh"), ('ц', "c"), ('ч', "ch"), ('ш', "sh"), ('щ', "shch"), ('ы', "y"),
    ('э', "e"), ('ю', "yu"), ('я', "ya"), ('ё', "e"),
];

#[cfg(test)]
mod tests {
    use super::{TABLE, transliterate};
    use crate::testing;

    #[test]
    fn the_table_is_sorted_without_duplicates() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn the_table_matches_the_vendor_table() {
        let Some(vectors) = testing::vectors("transliteration.json") else {
            return;
        };
        let expected: std::collections::BTreeMap<String, String> = serde_json::from_value(vectors).unwrap();
        let ours: std::collections::BTreeMap<String, String> = TABLE
            .iter()
            .map(|(from, to)| (from.to_string(), (*to).to_owned()))
            .collect();
        assert_eq!(ours, expected);
    }

    #[test]
    fn a_character_outside_the_table_is_not_transliterated() {
        assert_eq!(transliterate('ŉ'), Some("'n"));
        assert_eq!(transliterate('Щ'), Some("SHCH"));
        assert_eq!(transliterate('ь'), None);
        assert_eq!(transliterate('a'), None);
        assert_eq!(transliterate('\u{1F600}'), None);
    }
}
