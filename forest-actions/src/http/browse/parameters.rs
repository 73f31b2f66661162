//! The query string of a browsing request: fields, order, page, and the name and header of an export.
//!
//! Filters, search and segment are parsed by [`ListQuery`]. Names are checked against the models later, by `projection` and
//! the resolver.

use std::borrow::Cow;

use super::error::BrowseError;
use crate::records::{CollectionModel, ListQuery, split_names, unusual_names};
use crate::response::ActionError;

/// The filters of a screen are far shorter.
const MAX_QUERY_BYTES: usize = 32 * 1024;

/// Over all collections.
const MAX_FIELDS: usize = 1_000;

const MAX_PAGE_SIZE: u64 = 1_000;

const DEFAULT_PAGE_SIZE: u64 = 10;

/// The query of a browsing request.
#[derive(Debug)]
pub(super) struct Parameters {
    /// By the name of a collection or relation, in the order of the request: names with commas between them.
    fields: Vec<(String, String)>,
    /// The order, as text.
    pub(super) sort: Option<String>,
    page_number: Option<String>,
    page_size: Option<String>,
    /// The name of an export.
    pub(super) filename: Option<String>,
    /// The first line of an export.
    pub(super) header: Option<String>,
    /// Filters, search and segment.
    pub(super) list: ListQuery,
}

impl Parameters {
    /// Parses a query string. The last of a repeated parameter counts; unknown parameters are ignored.
    ///
    /// # Errors
    /// 400 for a query that is too long or names too many fields, and the errors of [`ListQuery::from_pairs`].
    pub(super) fn parse(query: &str) -> Result<Self, ActionError> {
        if query.len() > MAX_QUERY_BYTES {
            let (bytes, at_most) = (query.len(), MAX_QUERY_BYTES);
            return Err(BrowseError::QueryTooLong { bytes, at_most }.into());
        }
        let pairs = || url::form_urlencoded::parse(query.as_bytes());
        let last = |name: &str| {
            pairs()
                .filter(|(key, _)| key == name)
                .last()
                .map(|(_, value)| value.into_owned())
                .filter(|value| !value.is_empty())
        };
        Ok(Self {
            fields: fields(pairs())?,
            sort: last("sort"),
            page_number: last("page[number]"),
            page_size: last("page[size]"),
            filename: last("filename"),
            header: last("header"),
            list: ListQuery::from_pairs(pairs())?,
        })
    }

    /// Offset and limit. Only lists have pages: counts, exports and single records ignore these parameters (protocol: pages).
    ///
    /// # Errors
    /// 400 for a page that is too large.
    pub(super) fn page(&self) -> Result<(u64, u64), BrowseError> {
        page(self.page_number.as_deref(), self.page_size.as_deref())
    }

    /// The requested fields of a collection, under its name or that of a relation to it.
    pub(super) fn fields_of(&self, name: &str, collection: &CollectionModel) -> Option<Vec<String>> {
        let (_, fields) = self.fields.iter().find(|(known, _)| known == name)?;
        let names = split_names(fields, &unusual_names(collection));
        // an empty list counts as absent
        (!names.is_empty()).then_some(names)
    }
}

/// `fields[name]=a,b`, `fields[name][]=a`, `fields[name][0]=a`.
fn fields<'a>(pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>) -> Result<Vec<(String, String)>, BrowseError> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut count = 0_usize;
    for (key, value) in pairs {
        let Some(name) = name_in_brackets(&key) else { continue };
        count += value.split(',').filter(|name| !name.trim().is_empty()).count();
        if count > MAX_FIELDS {
            return Err(BrowseError::TooManyFields { at_most: MAX_FIELDS });
        }
        match all.iter_mut().find(|(known, _)| known == name) {
            Some((_, names)) => {
                names.push(',');
                names.push_str(&value);
            }
            None => all.push((name.to_owned(), value.into_owned())),
        }
    }
    Ok(all)
}

/// The name in `fields[name]`, `fields[name][]` or `fields[name][0]`. The name itself may contain brackets.
fn name_in_brackets(key: &str) -> Option<&str> {
    let inside = key.strip_prefix("fields[")?.strip_suffix(']')?;
    Some(match inside.rsplit_once("][") {
        Some((name, index)) if index.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => inside,
    })
}

/// The page as `(offset, limit)` (protocol: pages). Numbers are read by their integer prefix; an absent one has its default,
/// and one that is not positive makes the page the first ten. A page that is too large is refused: shortened, it would look
/// like the end of the list.
fn page(number: Option<&str>, size: Option<&str>) -> Result<(u64, u64), BrowseError> {
    let positive = |text: Option<&str>, default| match text {
        None => Some(default),
        Some(text) => integer_prefix(text).filter(|number| *number > 0),
    };
    let (Some(number), Some(size)) = (positive(number, 1), positive(size, DEFAULT_PAGE_SIZE)) else {
        return Ok((0, DEFAULT_PAGE_SIZE));
    };
    if size > MAX_PAGE_SIZE {
        return Err(BrowseError::PageTooLarge { at_most: MAX_PAGE_SIZE });
    }
    // databases take a signed offset
    let offset = (number - 1).saturating_mul(size).min(i64::MAX.unsigned_abs());
    Ok((offset, size))
}

/// The number at the start of a text, clamped to the range of `u64`.
fn integer_prefix(text: &str) -> Option<u64> {
    let text = text.trim_start();
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(digits.len());
    let digits = digits.get(..end).filter(|digits| !digits.is_empty())?;
    Some(if is_negative {
        0
    } else {
        digits.parse().unwrap_or(u64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::ErrorKind;

    fn parse(query: &str) -> Parameters {
        Parameters::parse(query).unwrap()
    }

    /// A collection without unusual names.
    fn plain() -> CollectionModel {
        CollectionModel::new("companies")
    }

    fn page_of(query: &str) -> (u64, u64) {
        parse(query).page().unwrap()
    }

    #[test]
    fn pages_are_read_as_the_protocol_reads_them() {
        for (query, page) in [
            ("", (0, 10)),
            ("page[number]=3&page[size]=20", (40, 20)),
            ("page%5Bnumber%5D=2&page%5Bsize%5D=15", (15, 15)),
            ("page[size]=20", (0, 20)),
            ("page[number]=2", (10, 10)),
            ("page[size]=20&page[number]=", (0, 20)),
            ("page[size]=x", (0, 10)),
            ("page[number]=0&page[size]=20", (0, 10)),
            ("page[number]=2&page[size]=0", (0, 10)),
            ("page[number]=-2&page[size]=20", (0, 10)),
            ("page[number]=x&page[size]=20", (0, 10)),
            ("page[number]=2abc&page[size]=+20.9", (20, 20)),
            ("page[number]=%202&page[size]=20", (20, 20)),
            ("page[number]=1e3&page[size]=5", (0, 5)),
            ("page[number]=2&page[size]=1000", (1000, 1000)),
            (
                "page[number]=99999999999999999999999999&page[size]=20",
                (9_223_372_036_854_775_807, 20),
            ),
            (
                "page[number]=18446744073709551615&page[size]=1000",
                (9_223_372_036_854_775_807, 1000),
            ),
            ("page[number]=٣&page[size]=20", (0, 10)),
        ] {
            assert_eq!(page_of(query), page, "{query}");
        }
    }

    #[test]
    fn a_page_that_would_be_cut_short_is_refused() {
        for size in ["1001", "18446744073709551616", "9999999999999999999999999"] {
            for number in ["page[number]=1&", ""] {
                let refused = parse(&format!("{number}page[size]={size}")).page().unwrap_err();
                assert!(matches!(refused, BrowseError::PageTooLarge { .. }), "{refused}");
            }
        }
    }

    #[test]
    fn sel_01_what_has_no_pages_is_not_refused_for_one() {
        assert!(Parameters::parse("page[number]=1&page[size]=2000").is_ok());
    }

    #[test]
    fn fields_are_read_in_every_spelling() {
        for query in [
            "fields[companies]=id,name",
            "fields%5Bcompanies%5D=id%2Cname",
            "fields[companies][]=id&fields[companies][]=name",
            "fields[companies][0]=id&fields[companies][1]=name",
            "fields[companies]=id&fields[companies]=name",
            "fields[companies]=%20id%20,,name,",
        ] {
            assert_eq!(
                parse(query).fields_of("companies", &plain()).unwrap(),
                ["id", "name"],
                "{query}"
            );
        }
        let parameters = parse("fields[companies]=id&fields[a][b]=x&fields[a]]=y&fields[é ]=z&fields[]=none");
        assert_eq!(parameters.fields_of("a][b", &plain()).unwrap(), ["x"]);
        assert_eq!(parameters.fields_of("a]", &plain()).unwrap(), ["y"]);
        assert_eq!(parameters.fields_of("é ", &plain()).unwrap(), ["z"]);
        assert_eq!(parameters.fields_of("", &plain()).unwrap(), ["none"]);
        assert_eq!(parameters.fields_of("emitted", &plain()), None);
    }

    #[test]
    fn fields_that_name_nothing_count_as_not_asked_for() {
        for query in [
            "",
            "fields[companies]=",
            "fields[companies]=,,",
            "fields=a",
            "fields[companies",
            "fieldscompanies]=a",
        ] {
            assert_eq!(parse(query).fields_of("companies", &plain()), None, "{query}");
        }
    }

    #[test]
    fn the_last_of_a_repeated_parameter_counts_and_unknown_ones_do_not() {
        let parameters = parse(
            "sort=id&sort=-name&filename=all.csv&header=%5B%22id%22%5D&search=%20acme%20&toString=1&%00=%FF&=&&timezone=UTC",
        );
        assert_eq!(parameters.sort.as_deref(), Some("-name"));
        assert_eq!(parameters.filename.as_deref(), Some("all.csv"));
        assert_eq!(parameters.header.as_deref(), Some("[\"id\"]"));
        let empty = parse("sort=id&sort=&filename=&header=");
        assert!(empty.sort.is_none() && empty.filename.is_none() && empty.header.is_none());
    }

    #[test]
    fn what_has_no_end_is_refused() {
        let long = format!("sort={}", "a".repeat(MAX_QUERY_BYTES));
        let many = format!("fields[companies]={}", "a,".repeat(MAX_FIELDS + 1));
        for (query, word) in [(long, "query string"), (many, "fields")] {
            let refused = Parameters::parse(&query).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::BadRequest);
            assert!(refused.message().contains(word), "{}", refused.message());
        }
    }

    #[test]
    fn hostile_query_strings_are_read_without_harm() {
        for query in [
            "%",
            "%%%",
            "&&&&",
            "=",
            "fields[",
            "fields[]",
            "fields[][]",
            "fields[a][99999999999999999999]=b",
            "page[number]=%FF",
            "page[number]=--1&page[size]=+-1",
            "fields[a]=%00,%FF,\u{202e}",
            "page[]=1",
            "page[number][]=2&page[size][]=2",
        ] {
            let _ = parse(query);
        }
    }
}
