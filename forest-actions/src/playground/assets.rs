//! The files of the local page, inside of the program.
//!
//! The document names them in a folder whose name is their common version, and a module imports others from its own folder, so that a
//! browser fetches each once and keeps it. No path reaches a file system.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{LazyLock, OnceLock};

use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha1::{Digest as _, Sha1};

/// A file.
#[derive(Debug)]
pub(super) struct Asset {
    name: &'static str,
    content: &'static [u8],
    made: OnceLock<Made>,
}

/// The parts of a response that are computed at the first request of a file.
#[derive(Debug)]
struct Made {
    /// Changes with the content.
    tag: String,
    compressed: Bytes,
}

macro_rules! asset {
    ($name:literal) => {
        ($name, include_bytes!(concat!("assets/", $name)))
    };
}

/// Every file of the folder.
const FILES: &[(&str, &[u8])] = &[
    asset!("actions.js"),
    asset!("api.js"),
    asset!("app.css"),
    asset!("app.js"),
    asset!("approvals.js"),
    asset!("back.js"),
    asset!("cell.js"),
    asset!("charts.js"),
    asset!("columns.js"),
    asset!("conditions.js"),
    asset!("dom.js"),
    asset!("filter-values.js"),
    asset!("filters.js"),
    asset!("forms/choices.js"),
    asset!("forms/controls.js"),
    asset!("forms/files.js"),
    asset!("forms/form.js"),
    asset!("forms/hooks.js"),
    asset!("forms/inputs.js"),
    asset!("forms/lists.js"),
    asset!("forms/record.js"),
    asset!("forms/shown.js"),
    asset!("history.js"),
    asset!("icon.svg"),
    asset!("inspect.js"),
    asset!("intents.js"),
    asset!("list.js"),
    asset!("markup.js"),
    asset!("overlay.js"),
    asset!("pager.js"),
    asset!("people.js"),
    asset!("record.js"),
    asset!("results.js"),
    asset!("rows.js"),
    asset!("runs.js"),
    asset!("schema.js"),
    asset!("selection.js"),
    asset!("state.js"),
    asset!("write.js"),
];

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let files = FILES.iter().map(|(name, content)| Asset {
        name,
        content,
        made: OnceLock::new(),
    });
    files.collect()
});

/// Changes with the content of any file.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha1::new();
    for (name, content) in FILES {
        digest.update(name);
        digest.update(content);
    }
    digits(&digest.finalize())
});

/// The file of this name.
pub(super) fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// The folder of the files, as they are now.
pub(super) fn folder() -> &'static str {
    &VERSION
}

/// The file at this path, and whether the path stands for its content for ever. A page that is still open asks for the folder of an
/// older program, and gets the file as it is now.
pub(super) fn at(path: &str) -> Option<(&'static Asset, bool)> {
    match path.split_once('/') {
        Some((folder, name)) if folder.len() == VERSION.len() && folder.bytes().all(|b| b.is_ascii_hexdigit()) => {
            Some((find(name)?, folder == *VERSION))
        }
        _ => Some((find(path)?, false)),
    }
}

/// The names of the modules that the first one imports.
pub(super) fn modules() -> impl Iterator<Item = &'static str> {
    let names = ASSETS.iter().map(|asset| asset.name);
    names.filter(|name| name.ends_with(".js") && *name != "app.js")
}

impl Asset {
    fn made(&self) -> &Made {
        self.made.get_or_init(|| Made {
            // weak: it stands for both encodings
            tag: format!("W/\"{}\"", digits(&Sha1::digest(self.content))),
            compressed: compressed(self.content),
        })
    }

    fn media_type(&self) -> &'static str {
        match self.name.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("png") => "image/png",
            _ => "application/octet-stream",
        }
    }

    /// The file, or the news that the browser has it. What is pinned to its content may be kept for ever.
    pub(super) fn answer(&self, req: &HttpRequest, is_pinned: bool) -> HttpResponse {
        let Made { tag, compressed } = self.made();
        let known = req
            .headers()
            .get(header::IF_NONE_MATCH)
            .and_then(|value| value.to_str().ok());
        let is_known = known.is_some_and(|known| known.split(',').any(|known| known.trim() == tag.as_str()));
        let mut answer = if is_known {
            HttpResponse::NotModified()
        } else {
            HttpResponse::Ok()
        };
        answer.insert_header((header::ETAG, tag.as_str()));
        answer.insert_header((header::VARY, "accept-encoding"));
        answer.insert_header((
            header::CACHE_CONTROL,
            if is_pinned {
                "public, max-age=31536000, immutable"
            } else {
                "no-cache"
            },
        ));
        if is_known {
            return answer.finish();
        }
        answer.insert_header((header::CONTENT_TYPE, self.media_type()));
        if takes_gzip(req.headers()) {
            answer.insert_header((header::CONTENT_ENCODING, "gzip"));
            answer.body(compressed.clone())
        } else {
            answer.body(Bytes::from_static(self.content))
        }
    }
}

/// The first digits of a digest.
fn digits(digest: &[u8]) -> String {
    digest.iter().take(8).fold(String::new(), |mut text, byte| {
        // writing into a String cannot fail
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn compressed(content: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // writing into a Vec cannot fail
    let _ = encoder.write_all(content);
    encoder.finish().unwrap_or_default().into()
}

/// Returns `true` if the browser accepts compressed responses.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING);
    let mut accepted = accepted
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    accepted.any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        // a weight of nothing is a no
        is_gzip && !parts.any(|weight| weight.trim_start_matches("q=").parse() == Ok(0.0))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files_below(&path, found);
            } else {
                found.push(path);
            }
        }
    }

    fn text_of(asset: &Asset) -> &str {
        std::str::from_utf8(asset.content).unwrap()
    }

    #[test]
    fn the_table_has_every_file_of_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/playground/assets");
        let mut files = Vec::new();
        files_below(&folder, &mut files);
        let files: BTreeSet<String> = files
            .iter()
            .map(|path| path.strip_prefix(&folder).unwrap().to_string_lossy().replace('\\', "/"))
            .collect();
        let table: BTreeSet<String> = ASSETS.iter().map(|asset| asset.name.to_owned()).collect();
        assert_eq!(table, files);
        for entry in ["app.js", "app.css", "icon.svg"] {
            assert!(find(entry).is_some(), "the document names {entry}");
        }
    }

    #[test]
    fn together_they_travel_in_less_than_a_hundred_kibibytes() {
        let together: usize = ASSETS.iter().map(|asset| asset.made().compressed.len()).sum();
        assert!(together < 100 * 1024, "{together} bytes");
        let as_written: usize = ASSETS.iter().map(|asset| asset.content.len()).sum();
        // what a browser that takes nothing compressed reads from this machine; no promise, but it grows with a reason only
        assert!(as_written < 292 * 1024, "{as_written} bytes");
    }

    #[test]
    fn only_who_reads_compressed_answers_gets_them() {
        let takes = |value: &str| {
            let req = actix_web::test::TestRequest::default().insert_header(("accept-encoding", value));
            takes_gzip(req.to_http_request().headers())
        };
        for value in ["gzip", "deflate, gzip, br", "br;q=1.0, GZIP;q=0.1", "gzip; q=1"] {
            assert!(takes(value), "{value}");
        }
        for value in ["", "identity", "br", "gzip;q=0", "gzip; q=0.000", "xgzip"] {
            assert!(!takes(value), "{value}");
        }
    }

    #[test]
    fn nothing_comes_from_elsewhere_and_no_text_becomes_markup() {
        for asset in ASSETS.iter().filter(|asset| !asset.name.ends_with(".png")) {
            // the name of a namespace is no address
            let text = text_of(asset).replace("http://www.w3.org/", "");
            for address in ["http://", "https://", "url(//", "from \"//", "from '//", "@import"] {
                assert!(!text.contains(address), "{}: {address}", asset.name);
            }
            for way in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "new Function",
            ] {
                assert!(!text.contains(way), "{}: {way}", asset.name);
            }
        }
    }

    #[test]
    fn modules_import_only_files_that_are_there() {
        for asset in ASSETS.iter().filter(|asset| asset.name.ends_with(".js")) {
            let folder = asset.name.rsplit_once('/').map(|(folder, _)| folder);
            let text = text_of(asset).replace('\'', "\"");
            for import in text.split(" from \"").skip(1) {
                let import = import.split('"').next().unwrap();
                let mut path: Vec<&str> = folder.into_iter().collect();
                for part in import.split('/') {
                    match part {
                        "." => {}
                        ".." => assert!(path.pop().is_some(), "{}: {import}", asset.name),
                        part => path.push(part),
                    }
                }
                assert!(find(&path.join("/")).is_some(), "{}: {import}", asset.name);
            }
        }
    }
}
