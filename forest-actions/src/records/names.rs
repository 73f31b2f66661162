//! Lists of names that are joined by commas, whose names may have commas and blanks themselves.

use super::model::CollectionModel;

/// Splits a list at its commas, and trims its names, except for those of `unusual`. The longest of them is taken, and each
/// once: what it leaves may be other names.
pub(crate) fn split_names(list: &str, unusual: &[String]) -> Vec<String> {
    let most_commas = unusual.iter().map(|name| name.matches(',').count()).max().unwrap_or(0);
    let pieces: Vec<&str> = list.split(',').collect();
    let mut names: Vec<String> = Vec::new();
    let mut rest = pieces.as_slice();
    while let Some((first, others)) = rest.split_first() {
        let longest = (1..=most_commas + 1).rev().find_map(|count| {
            let (pieces, rest) = rest.split_at_checked(count)?;
            let joined = pieces.join(",");
            let is_new = |name: &str| !names.iter().any(|known| known == name);
            let name = [joined.as_str(), joined.trim()]
                .into_iter()
                .find(|name| unusual.iter().any(|known| known == name) && is_new(name))?;
            Some((name.to_owned(), rest))
        });
        let (name, after) = longest.unwrap_or_else(|| (first.trim().to_owned(), others));
        if !name.is_empty() {
            names.push(name);
        }
        rest = after;
    }
    names
}

/// True if a list with this name has to be split by [`split_names`].
pub(crate) fn is_unusual(name: &str) -> bool {
    name.contains(',') || name.trim().len() != name.len()
}

/// The unusual names of the fields and relations of a collection.
pub(crate) fn unusual_names(collection: &CollectionModel) -> Vec<String> {
    let fields = collection.fields.iter().map(|field| &field.name);
    let relations = collection.relations.iter().map(|relation| &relation.name);
    fields
        .chain(relations)
        .filter(|name| is_unusual(name))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_with_commas_and_blanks_stay_whole() {
        let unusual = ["Name, first", "a,b", "a,b,c", " padded ", ",", "end,"].map(str::to_owned);
        for (list, names) in [
            ("id,Name, first,city", vec!["id", "Name, first", "city"]),
            ("id, Name, first ,city", vec!["id", "Name, first", "city"]),
            ("Name,city", vec!["Name", "city"]),
            ("a,b", vec!["a,b"]),
            ("a,b,c", vec!["a,b,c"]),
            ("a,b,a,b", vec!["a,b", "a", "b"]),
            (" padded , x", vec![" padded ", "x"]),
            ("x,,,y", vec!["x", ",", "y"]),
            ("end,", vec!["end,"]),
            ("end,,x", vec!["end,", "x"]),
            ("", vec![]),
        ] {
            assert_eq!(split_names(list, &unusual), names, "{list}");
        }
        assert_eq!(split_names(" a ,, a , ", &[]), ["a", "a"]);
    }
}
