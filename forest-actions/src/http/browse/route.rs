//! Parses the path of a browsing request.
//!
//! The path is split at its slashes as it was sent, and each segment is decoded once afterwards, so that an id may contain a
//! slash or any other character (SEL-06).

use actix_web::HttpRequest;
use actix_web::http::Method;
use percent_encoding::percent_decode_str;

use super::error::BrowseError;
use super::write::Write;
use crate::records::{CollectionModel, Models};
use crate::request::RequestError;
use crate::response::ActionError;

/// A browsing request (protocol: browsing routes). The collection exists; relation and id are not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Browse {
    /// A page of records.
    List {
        collection: String,
    },
    Count {
        collection: String,
    },
    /// All records, as a file.
    Csv {
        collection: String,
    },
    /// A single record.
    One {
        collection: String,
        id: String,
    },
    /// The records of a to-many relation.
    Related {
        collection: String,
        id: String,
        relation: String,
        what: Listing,
    },
    /// An element of a list field, which is only written.
    Element {
        collection: String,
        id: String,
        field: String,
        index: usize,
    },
    /// The operators that the fields of some collections support.
    Capabilities,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listing {
    List,
    Count,
    Csv,
}

impl Browse {
    pub(super) fn collection(&self) -> Option<&str> {
        match self {
            Self::List { collection }
            | Self::Count { collection }
            | Self::Csv { collection }
            | Self::One { collection, .. }
            | Self::Related { collection, .. }
            | Self::Element { collection, .. } => Some(collection),
            Self::Capabilities => None,
        }
    }

    /// The target of the relation.
    pub(super) fn target<'m>(&self, models: &'m Models) -> Option<&'m str> {
        match self {
            Self::Related {
                collection, relation, ..
            } => {
                let relation = models.get(collection)?.find_relation(relation)?;
                Some(&relation.target)
            }
            _ => None,
        }
    }

    /// The path without names and ids, for the log.
    pub(super) fn pattern(&self) -> &'static str {
        match self {
            Self::List { .. } => "/forest/:collection",
            Self::Count { .. } => "/forest/:collection/count",
            Self::Csv { .. } => "/forest/:collection.csv",
            Self::One { .. } => "/forest/:collection/:id",
            Self::Related { what, .. } => match what {
                Listing::List => "/forest/:collection/:id/relationships/:relation",
                Listing::Count => "/forest/:collection/:id/relationships/:relation/count",
                Listing::Csv => "/forest/:collection/:id/relationships/:relation.csv",
            },
            Self::Element { .. } => "/forest/:collection/:id/relationships/:field/:index",
            Self::Capabilities => "/forest/_internal/capabilities",
        }
    }

    pub(super) fn takes(&self, method: &Method) -> bool {
        match self {
            Self::Capabilities => method == Method::POST,
            Self::Element { .. } => false,
            _ => matches!(*method, Method::GET | Method::HEAD),
        }
    }

    /// The 405 for another method, where these change records.
    pub(super) fn method_not_allowed(&self, writes: &[(Method, Write)]) -> ActionError {
        if *self == Self::Capabilities {
            let refusal = RequestError::MethodNotAllowed { allowed: "POST" };
            return ActionError::from(refusal).header("allow", "POST, OPTIONS");
        }
        let reads = ["GET", "HEAD"].into_iter().filter(|_| self.takes(&Method::GET));
        let methods = writes.iter().map(|(method, _)| method.as_str());
        let allowed: Vec<&str> = reads.chain(methods).chain(["OPTIONS"]).collect();
        let header = allowed.join(", ");
        let refusal = match writes {
            [] => BrowseError::ReadOnly,
            _ => BrowseError::OtherMethod {
                allowed: header.clone(),
            },
        };
        ActionError::from(refusal).header("allow", header)
    }
}

/// The pattern of a path with a malformed segment, for the log.
pub(super) const UNREADABLE: &str = "/forest/:collection/...";

/// The end of `sent`, the path as it was sent, that actix has decoded to `decoded`.
///
/// Decoding keeps the number of slashes, because actix leaves an encoded slash as it is. The decoded path itself is of no
/// use: it is ambiguous, and lossy for bytes that are not UTF-8.
pub(super) fn as_sent<'a>(sent: &'a str, decoded: &str) -> &'a str {
    let Some(last) = decoded.matches('/').count().checked_sub(1) else {
        return "";
    };
    sent.rmatch_indices('/')
        .nth(last)
        .and_then(|(start, _)| sent.get(start..))
        .unwrap_or_default()
}

/// The decoded segments of a path below `mount`; `None` for another path, and for a malformed segment. `path` is decoded, and
/// only its number of slashes is used.
pub(in crate::http) fn segments_of(req: &HttpRequest, path: &str, mount: &str) -> Option<Vec<String>> {
    const MAX_SEGMENTS: usize = 4;
    let below = path
        .trim_start_matches('/')
        .strip_prefix(mount.trim_start_matches('/'))?;
    let sent = as_sent(req.match_info().get_ref().uri().path(), below);
    let segments = sent.split('/').filter(|segment| !segment.is_empty());
    segments
        .take(MAX_SEGMENTS)
        .map(|segment| decode(segment).ok())
        .collect()
}

/// Parses a path below `/forest`; `None` when it is not a browsing route, or the collection is unknown.
///
/// `count` and `.csv` take precedence over an id, so a record with the id `count` cannot be read alone. A collection whose
/// name ends in `.csv` takes precedence over the export of another.
///
/// # Errors
/// 400 for a segment that is not UTF-8 or has a NUL character.
pub(super) fn route(models: &Models, method: &Method, rest: &str) -> Result<Option<Browse>, BrowseError> {
    let mut segments = rest.split('/').filter(|segment| !segment.is_empty());
    let Some(Ok(first)) = segments.next().map(decode) else {
        return Ok(None);
    };
    // of a collection `_internal`, it would be the record `capabilities`
    let is_capabilities = first == "_internal" && segments.clone().eq(["capabilities"]);
    if is_capabilities && (method == Method::POST || models.get(&first).is_none()) {
        return Ok(Some(Browse::Capabilities));
    }
    Ok(match (models.get(&first), first.strip_suffix(CSV)) {
        (Some(collection), _) => below(collection, method, segments)?,
        (None, Some(name)) if models.get(name).is_some() && segments.next().is_none() => Some(Browse::Csv {
            collection: name.to_owned(),
        }),
        _ => None,
    })
}

const CSV: &str = ".csv";

/// Parses the segments after the name of a collection.
fn below<'a>(
    model: &CollectionModel,
    method: &Method,
    segments: impl Iterator<Item = &'a str>,
) -> Result<Option<Browse>, BrowseError> {
    const MAX_SEGMENTS: usize = 4;
    let segments: Vec<&str> = segments.take(MAX_SEGMENTS + 1).collect();
    let collection = model.name.clone();
    let browse = match segments.as_slice() {
        [] => Browse::List { collection },
        [id] => match decode(id)? {
            count if count == COUNT => Browse::Count { collection },
            id => Browse::One { collection, id },
        },
        [id, relationships, relation] if is(relationships, RELATIONSHIPS) => {
            let relation = decode(relation)?;
            let (relation, what) = match relation.strip_suffix(CSV) {
                Some(name) if model.find_relation(&relation).is_none() => (name.to_owned(), Listing::Csv),
                _ => (relation, Listing::List),
            };
            Browse::Related {
                collection,
                id: decode(id)?,
                relation,
                what,
            }
        }
        [id, relationships, field, index]
            if *method == Method::PUT && is(relationships, RELATIONSHIPS) && index_of(index).is_some() =>
        {
            Browse::Element {
                collection,
                id: decode(id)?,
                field: decode(field)?,
                index: index_of(index).unwrap_or_default(),
            }
        }
        [id, relationships, relation, count] if is(relationships, RELATIONSHIPS) && is(count, COUNT) => {
            Browse::Related {
                collection,
                id: decode(id)?,
                relation: decode(relation)?,
                what: Listing::Count,
            }
        }
        _ => return Ok(None),
    };
    Ok(Some(browse))
}

const COUNT: &str = "count";
const RELATIONSHIPS: &str = "relationships";

/// The index of an element: digits, without a sign.
fn index_of(segment: &str) -> Option<usize> {
    let is_plain = segment.bytes().all(|byte| byte.is_ascii_digit());
    segment.parse().ok().filter(|_| is_plain)
}

fn is(segment: &str, word: &str) -> bool {
    decode(segment).is_ok_and(|segment| segment == word)
}

/// Decodes a segment. A percent sign without an escape is kept, as in browsers.
fn decode(segment: &str) -> Result<String, BrowseError> {
    match percent_decode_str(segment).decode_utf8() {
        Ok(text) if !text.contains('\0') => Ok(text.into_owned()),
        _ => Err(BrowseError::InvalidPath),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::RelationModel;
    use crate::response::ErrorKind;

    fn models() -> Models {
        let companies = CollectionModel::new("companies")
            .relation(RelationModel::has_many("emitted", "transactions", "id", "emitter_id"))
            .relation(RelationModel::has_many("odd.csv", "transactions", "id", "odd_id"));
        Models::new(vec![
            companies,
            CollectionModel::new("sales report.csv"),
            CollectionModel::new("a/b|é"),
            CollectionModel::new("count"),
        ])
    }

    fn get(path: &str) -> Option<Browse> {
        route(&models(), &Method::GET, path).unwrap()
    }

    fn one(collection: &str, id: &str) -> Option<Browse> {
        Some(Browse::One {
            collection: collection.to_owned(),
            id: id.to_owned(),
        })
    }

    fn related(id: &str, relation: &str, what: Listing) -> Option<Browse> {
        Some(Browse::Related {
            collection: "companies".to_owned(),
            id: id.to_owned(),
            relation: relation.to_owned(),
            what,
        })
    }

    #[test]
    fn every_route_is_told_by_its_shape() {
        let collection = || "companies".to_owned();
        let list = Some(Browse::List {
            collection: collection(),
        });
        for path in [
            "/companies",
            "/companies/",
            "//companies//",
            "companies",
            "/c%6Fmpanies",
        ] {
            assert_eq!(get(path), list, "{path}");
        }
        for path in ["/companies/count", "/companies/%63ount/"] {
            assert_eq!(
                get(path),
                Some(Browse::Count {
                    collection: collection()
                }),
                "{path}"
            );
        }
        assert_eq!(
            get("/companies.csv"),
            Some(Browse::Csv {
                collection: collection()
            })
        );
        assert_eq!(get("/companies/7"), one("companies", "7"));
        assert_eq!(
            get("/companies/7/relationships/emitted"),
            related("7", "emitted", Listing::List)
        );
        assert_eq!(
            get("/companies/7/relationships/emitted/count"),
            related("7", "emitted", Listing::Count)
        );
        assert_eq!(
            get("/companies/7/relationships/emitted.csv"),
            related("7", "emitted", Listing::Csv)
        );
        assert_eq!(get("/_internal/capabilities"), Some(Browse::Capabilities));
        assert_eq!(
            get("/count/count"),
            Some(Browse::Count {
                collection: "count".to_owned()
            })
        );
    }

    #[test]
    fn names_with_csv_in_them_come_before_the_export_of_others() {
        let report = "sales report.csv".to_owned();
        assert_eq!(
            get("/sales%20report.csv"),
            Some(Browse::List {
                collection: report.clone()
            })
        );
        assert_eq!(get("/sales%20report.csv.csv"), Some(Browse::Csv { collection: report }));
        assert_eq!(
            get("/companies/7/relationships/odd.csv"),
            related("7", "odd.csv", Listing::List)
        );
        assert_eq!(
            get("/companies/7/relationships/odd.csv.csv"),
            related("7", "odd.csv", Listing::Csv)
        );
        // not a collection, so neither an export of one nor a record of one
        assert_eq!(get("/orders.csv"), None);
        assert_eq!(get("/companies.csv/7"), None);
        assert_eq!(get("/.csv"), None);
    }

    #[test]
    fn sel_06_an_id_survives_whatever_it_is_made_of() {
        for (segment, id) in [
            ("a%2Fb", "a/b"),
            ("a%7Cb", "a|b"),
            ("a|b", "a|b"),
            ("%5B%22a%7C%22%2C1%5D", "[\"a|\",1]"),
            ("a%20b+c", "a b+c"),
            ("caf%C3%A9%20%F0%9F%8D%BA", "café 🍺"),
            ("%252F", "%2F"),
            ("100%", "100%"),
            ("%zz", "%zz"),
            ("..", ".."),
            ("%2e%2e%2Fetc", "../etc"),
            ("7.csv", "7.csv"),
            ("relationships", "relationships"),
            ("%0A%0D", "\n\r"),
        ] {
            assert_eq!(get(&format!("/companies/{segment}")), one("companies", id), "{segment}");
            assert_eq!(
                get(&format!("/companies/{segment}/relationships/emitted")),
                related(id, "emitted", Listing::List)
            );
        }
        assert_eq!(get("/a%2Fb%7C%C3%A9/1"), one("a/b|é", "1"));
    }

    #[test]
    fn paths_that_are_no_browsing_route_are_left_to_others() {
        for path in [
            "",
            "/",
            "/orders",
            "/orders/1",
            "/Companies",
            "/actions/mark-as-live",
            "/companies/7/emitted",
            "/companies/7/relationships",
            "/companies/7/relationships/emitted/9",
            "/companies/7/relationships/emitted/count/9",
            "/companies/7/relationships/emitted/count/9/9/9/9",
            "/_internal",
            "/_internal/capabilities/more",
            "/%FF",
            "/compa%00nies",
        ] {
            assert_eq!(get(path), None, "{path}");
        }
    }

    #[test]
    fn a_segment_that_is_no_text_is_refused() {
        for path in [
            "/companies/%FF",
            "/companies/%C3%28",
            "/companies/a%00b",
            "/companies/%ED%A0%80/relationships/emitted",
            "/companies/7/relationships/%FF",
        ] {
            let refused = route(&models(), &Method::GET, path).unwrap_err();
            assert!(matches!(refused, BrowseError::InvalidPath), "{path}");
        }
    }

    #[test]
    fn writing_is_refused_in_words_and_with_the_methods_that_are_taken() {
        for (method, path, allow, word) in [
            (Method::POST, "/companies", "GET, HEAD, OPTIONS", "actions"),
            (Method::PUT, "/companies/7", "GET, HEAD, OPTIONS", "actions"),
            (Method::DELETE, "/companies/7", "GET, HEAD, OPTIONS", "actions"),
            (Method::DELETE, "/companies", "GET, HEAD, OPTIONS", "actions"),
            (
                Method::POST,
                "/companies/7/relationships/emitted",
                "GET, HEAD, OPTIONS",
                "actions",
            ),
            (Method::TRACE, "/companies/count", "GET, HEAD, OPTIONS", "GET"),
            (Method::GET, "/_internal/capabilities", "POST, OPTIONS", "POST"),
        ] {
            let browse = get(path).unwrap();
            assert!(!browse.takes(&method), "{method} {path}");
            let refused = browse.method_not_allowed(&[]);
            assert_eq!(refused.kind(), ErrorKind::MethodNotAllowed, "{method} {path}");
            assert!(refused.message().contains(word), "{}", refused.message());
            assert_eq!(refused.to_http("").headers().get("allow").unwrap(), allow);
        }
        assert!(get("/companies").unwrap().takes(&Method::HEAD));
    }

    #[test]
    fn sel_06_the_path_is_found_again_as_it_was_sent() {
        for (sent, decoded, end) in [
            ("/forest/companies/a%2Fb", "/companies/a%2Fb", "/companies/a%2Fb"),
            ("/x%20y/forest/companies/%7C", "/companies/|", "/companies/%7C"),
            ("/f%6Frest/companies//7/", "/companies//7/", "/companies//7/"),
            ("/forest", "", ""),
            ("/forest/", "/", "/"),
            ("/forest", "/a/b/c", ""),
        ] {
            assert_eq!(as_sent(sent, decoded), end, "{sent}");
        }
    }
}
