//! Singular and plural of the last word of a name, in English.
//!
//! An unknown word stays as it is, or gets an `s`: the result is a label that code can rename.

/// Words with one form for both.
const UNCOUNTABLE: &[&str] = &[
    "advice",
    "aircraft",
    "analytics",
    "data",
    "deer",
    "equipment",
    "feedback",
    "fish",
    "furniture",
    "hardware",
    "headquarters",
    "information",
    "jeans",
    "knowledge",
    "logistics",
    "media",
    "metadata",
    "money",
    "news",
    "police",
    "rice",
    "series",
    "sheep",
    "software",
    "species",
    "staff",
    "sms",
    "gps",
    "dns",
];

/// Words whose plural follows no rule.
const IRREGULAR: &[(&str, &str)] = &[
    ("analysis", "analyses"),
    ("axis", "axes"),
    ("basis", "bases"),
    ("child", "children"),
    ("crisis", "crises"),
    ("criterion", "criteria"),
    ("diagnosis", "diagnoses"),
    ("foot", "feet"),
    ("goose", "geese"),
    ("hypothesis", "hypotheses"),
    ("index", "indices"),
    ("matrix", "matrices"),
    ("mouse", "mice"),
    ("ox", "oxen"),
    ("parenthesis", "parentheses"),
    ("person", "people"),
    ("phenomenon", "phenomena"),
    ("quiz", "quizzes"),
    ("synthesis", "syntheses"),
    ("thesis", "theses"),
    ("tooth", "teeth"),
    ("vertex", "vertices"),
    // -f and -fe
    ("calf", "calves"),
    ("half", "halves"),
    ("knife", "knives"),
    ("leaf", "leaves"),
    ("life", "lives"),
    ("loaf", "loaves"),
    ("self", "selves"),
    ("shelf", "shelves"),
    ("thief", "thieves"),
    ("wife", "wives"),
    ("wolf", "wolves"),
    // -o that takes -es
    ("cargo", "cargoes"),
    ("echo", "echoes"),
    ("embargo", "embargoes"),
    ("hero", "heroes"),
    ("potato", "potatoes"),
    ("tomato", "tomatoes"),
    ("torpedo", "torpedoes"),
    ("veto", "vetoes"),
    // -ie, which looks like -y
    ("brownie", "brownies"),
    ("calorie", "calories"),
    ("cookie", "cookies"),
    ("die", "dies"),
    ("genie", "genies"),
    ("hoodie", "hoodies"),
    ("lie", "lies"),
    ("movie", "movies"),
    ("pie", "pies"),
    ("prairie", "prairies"),
    ("rookie", "rookies"),
    ("selfie", "selfies"),
    ("tie", "ties"),
    ("zombie", "zombies"),
    // -che, which looks like -ch
    ("ache", "aches"),
    ("avalanche", "avalanches"),
    ("cache", "caches"),
    ("headache", "headaches"),
    ("niche", "niches"),
    ("tranche", "tranches"),
    // a singular that looks like a plural
    ("atlas", "atlases"),
    ("alias", "aliases"),
    ("bias", "biases"),
    ("canvas", "canvases"),
    ("gas", "gases"),
    ("lens", "lenses"),
    ("cosmos", "cosmoses"),
    // -us; not a rule, because of `uses` and `causes`
    ("apparatus", "apparatuses"),
    ("bonus", "bonuses"),
    ("bus", "buses"),
    ("campus", "campuses"),
    ("census", "censuses"),
    ("chorus", "choruses"),
    ("consensus", "consensuses"),
    ("corpus", "corpuses"),
    ("focus", "focuses"),
    ("nexus", "nexuses"),
    ("prospectus", "prospectuses"),
    ("radius", "radiuses"),
    ("status", "statuses"),
    ("surplus", "surpluses"),
    ("syllabus", "syllabuses"),
    ("virus", "viruses"),
    // plurals that look like a singular in -is or -us
    ("api", "apis"),
    ("emoji", "emojis"),
    ("kiwi", "kiwis"),
    ("menu", "menus"),
    ("ski", "skis"),
    ("taxi", "taxis"),
    ("wiki", "wikis"),
];

/// Words in `-man` whose plural is not in `-men`.
const NOT_A_MAN: &[&str] = &["human", "german", "roman", "shaman", "talisman"];

/// Words in `-men` that are not the plural of one in `-man`.
const NOT_MEN: &[&str] = &["specimen", "regimen", "abdomen", "omen", "acumen"];

/// The plural: `companies` of `company`, and of itself.
pub(super) fn plural(name: &str) -> String {
    inflect(name, plural_word)
}

/// The singular: `company` of `companies`, and of itself.
pub(super) fn singular(name: &str) -> String {
    inflect(name, singular_word)
}

/// Changes the last word of `order_items`, `orderItems` or `Order Items`, in its own case.
fn inflect(name: &str, rule: fn(&str) -> String) -> String {
    let letters_at_end = name.bytes().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let run_start = name.len() - letters_at_end;
    let (Some(head), Some(run)) = (name.get(..run_start), name.get(run_start..)) else {
        return name.to_owned();
    };
    if run.is_empty() {
        return name.to_owned();
    }
    let is_upper = run.len() > 1 && run.bytes().all(|byte| byte.is_ascii_uppercase());
    // in `orderItems` the last word begins at the last capital after a small letter
    let start = if is_upper {
        0
    } else {
        run.bytes()
            .zip(run.bytes().skip(1))
            .rposition(|(before, after)| before.is_ascii_lowercase() && after.is_ascii_uppercase())
            .map_or(0, |index| index + 1)
    };
    let (middle, word) = run.split_at(start);
    let changed = rule(&word.to_ascii_lowercase());
    let changed = if is_upper {
        changed.to_ascii_uppercase()
    } else if word.starts_with(|first: char| first.is_ascii_uppercase()) {
        let (first, rest) = changed.split_at(changed.len().min(1));
        format!("{}{rest}", first.to_ascii_uppercase())
    } else {
        changed
    };
    format!("{head}{middle}{changed}")
}

fn plural_word(word: &str) -> String {
    if UNCOUNTABLE.contains(&word) || singular_word(word) != word {
        return word.to_owned();
    }
    if let Some((_, plural)) = IRREGULAR.iter().find(|(singular, _)| *singular == word) {
        return (*plural).to_owned();
    }
    if let Some(stem) = word.strip_suffix("man").filter(|_| !NOT_A_MAN.contains(&word)) {
        return format!("{stem}men");
    }
    if let Some(stem) = word.strip_suffix('y').filter(|stem| ends_in_consonant(stem)) {
        return format!("{stem}ies");
    }
    if let Some(stem) = word.strip_suffix("sis") {
        return format!("{stem}ses");
    }
    if ["s", "x", "z", "ch", "sh"].iter().any(|ending| word.ends_with(ending)) {
        return format!("{word}es");
    }
    format!("{word}s")
}

fn singular_word(word: &str) -> String {
    if UNCOUNTABLE.contains(&word) || IRREGULAR.iter().any(|(singular, _)| *singular == word) {
        return word.to_owned();
    }
    if let Some((singular, _)) = IRREGULAR.iter().find(|(_, plural)| *plural == word) {
        return (*singular).to_owned();
    }
    if let Some(stem) = word.strip_suffix("men").filter(|_| !NOT_MEN.contains(&word)) {
        return format!("{stem}man");
    }
    if ["ss", "us", "is"].iter().any(|ending| word.ends_with(ending)) {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| ends_in_consonant(stem)) {
        return format!("{stem}y");
    }
    let takes_es = ["sses", "xes", "zzes", "tzes", "ches", "shes"];
    if takes_es.iter().any(|ending| word.ends_with(ending)) {
        return without(word, 2);
    }
    if word.len() > 1 && word.ends_with('s') {
        return without(word, 1);
    }
    word.to_owned()
}

/// The word without its last letters, which are ASCII.
fn without(word: &str, letters: usize) -> String {
    word.get(..word.len().saturating_sub(letters))
        .unwrap_or(word)
        .to_owned()
}

fn ends_in_consonant(stem: &str) -> bool {
    stem.ends_with(|last: char| last.is_ascii_alphabetic() && !"aeiou".contains(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_and_irregular_words_are_inflected_both_ways() {
        for (one, many) in [
            ("company", "companies"),
            ("customer", "customers"),
            ("transaction", "transactions"),
            ("address", "addresses"),
            ("class", "classes"),
            ("process", "processes"),
            ("business", "businesses"),
            ("box", "boxes"),
            ("tax", "taxes"),
            ("branch", "branches"),
            ("dish", "dishes"),
            ("day", "days"),
            ("key", "keys"),
            ("case", "cases"),
            ("base", "bases"),
            ("database", "databases"),
            ("purchase", "purchases"),
            ("release", "releases"),
            ("warehouse", "warehouses"),
            ("invoice", "invoices"),
            ("size", "sizes"),
            ("archive", "archives"),
            ("photo", "photos"),
            ("area", "areas"),
            ("topic", "topics"),
            ("status", "statuses"),
            ("bus", "buses"),
            ("alias", "aliases"),
            ("person", "people"),
            ("child", "children"),
            ("salesman", "salesmen"),
            ("woman", "women"),
            ("human", "humans"),
            ("movie", "movies"),
            ("category", "categories"),
            ("country", "countries"),
            ("analysis", "analyses"),
            ("life", "lives"),
            ("hero", "heroes"),
            ("quiz", "quizzes"),
            ("cache", "caches"),
            ("menu", "menus"),
            ("specimen", "specimens"),
        ] {
            // `bases` is the plural of `basis` too
            if one != "base" {
                assert_eq!(singular(many), one);
                assert_eq!(plural(one), many);
            }
            assert_eq!(singular(one), one);
            assert_eq!(plural(many), many);
        }
    }

    #[test]
    fn uncountable_and_unknown_words_are_unchanged() {
        for name in ["news", "series", "metadata", "équipes de 東京", "x1", "", "_", "日本"] {
            assert_eq!(singular(name), name);
        }
        for name in ["news", "series", "日本", "", "v2", "_"] {
            assert_eq!(plural(name), name);
        }
    }

    #[test]
    fn only_the_last_word_changes_and_keeps_its_case() {
        for (one, many) in [
            ("order_item", "order_items"),
            ("people_address", "people_addresses"),
            ("orderItem", "orderItems"),
            ("OrderCategory", "OrderCategories"),
            ("Company", "Companies"),
            ("ORDER_ITEM", "ORDER_ITEMS"),
            ("order item", "order items"),
            ("sales_person", "sales_people"),
        ] {
            assert_eq!(plural(one), many);
            assert_eq!(singular(many), one);
        }
    }
}
