//! Cities, their zip codes and countries: a table in place of a real directory.

/// A city of the table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) city: &'static str,
    pub(crate) zip_code: &'static str,
    pub(crate) country: &'static str,
}

const fn place(city: &'static str, zip_code: &'static str, country: &'static str) -> Place {
    Place {
        city,
        zip_code,
        country,
    }
}

/// By country; every headquarters of the demo's companies is among them.
const PLACES: [Place; 14] = [
    place("Ghent", "9000", "Belgium"),
    place("Lyon", "69002", "France"),
    place("Paris", "75001", "France"),
    place("Berlin", "10115", "Germany"),
    place("Hamburg", "20095", "Germany"),
    place("Dublin", "D02 X285", "Ireland"),
    place("Bergen", "5003", "Norway"),
    place("Oslo", "0150", "Norway"),
    place("Lisbon", "1100-148", "Portugal"),
    place("Porto", "4000-322", "Portugal"),
    place("Geneva", "1201", "Switzerland"),
    place("Zürich", "8001", "Switzerland"),
    place("Leeds", "LS1 4DY", "United Kingdom"),
    place("London", "EC1A 1BB", "United Kingdom"),
];

/// The countries that invoices go to, each once.
pub(crate) fn countries() -> Vec<&'static str> {
    let mut countries: Vec<&str> = PLACES.iter().map(|place| place.country).collect();
    countries.dedup();
    countries
}

/// The city of this name, in any case of letters.
pub(crate) fn by_city(name: &str) -> Option<&'static Place> {
    let name = name.trim().to_lowercase();
    PLACES.iter().find(|place| place.city.to_lowercase() == name)
}

/// The cities whose names contain this text, in any case of letters.
pub(crate) fn containing(text: &str) -> impl Iterator<Item = &'static Place> {
    let text = text.trim().to_lowercase();
    PLACES
        .iter()
        .filter(move |place| place.city.to_lowercase().contains(&text))
}

/// The city with this zip code, written with or without its spaces.
pub(crate) fn by_zip_code(code: &str) -> Option<&'static Place> {
    let plain = |code: &str| code.replace(' ', "").to_uppercase();
    PLACES.iter().find(|place| plain(place.zip_code) == plain(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn city_and_zip_code_lookups_are_inverse() {
        for place in &PLACES {
            assert_eq!(by_city(place.city), Some(place));
            assert_eq!(by_zip_code(place.zip_code), Some(place));
        }
        assert_eq!(by_city(" zÜRICH "), by_zip_code("8001"));
        assert_eq!(by_zip_code("ec1a1bb"), by_city("London"));
        assert_eq!((by_city("Atlantis"), by_zip_code("")), (None, None));
    }

    #[test]
    fn each_country_is_listed_once() {
        let mut sorted = countries();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(countries(), sorted);
    }

    #[actix_web::test]
    async fn every_headquarters_is_a_known_place() {
        let db = crate::database::testing::fresh().await;
        let cities: Vec<String> = sqlx::query_scalar("SELECT DISTINCT headquarters FROM companies")
            .fetch_all(db.pool())
            .await
            .unwrap();
        for city in cities {
            assert!(by_city(&city).is_some(), "{city}");
        }
    }
}
