//! The files of the local page, inside of the program.
//!
//! Owns the table of them, and how a browser may keep them: the two that the document names with their version for ever, the
//! modules that these import only as long as nothing changed. There is no file system behind it, so there is no path to
//! climb out of.

use std::fmt::Write as _;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use sha1::{Digest as _, Sha1};

/// A file.
#[derive(Debug)]
pub(super) struct Asset {
    name: &'static str,
    content: &'static [u8],
}

macro_rules! asset {
    ($name:literal) => {
        Asset {
            name: $name,
            content: include_bytes!(concat!("assets/", $name)),
        }
    };
}

/// Every file of the folder.
const ASSETS: &[Asset] = &[asset!("icon.svg")];

/// The file of this name.
pub(super) fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// The names of the modules that the first one imports.
pub(super) fn modules() -> impl Iterator<Item = &'static str> {
    let names = ASSETS.iter().map(|asset| asset.name);
    names.filter(|name| name.ends_with(".js") && *name != "app.js")
}

impl Asset {
    /// Changes with the content.
    pub(super) fn version(&self) -> String {
        let digest = Sha1::digest(self.content);
        digest.iter().take(8).fold(String::new(), |mut text, byte| {
            // writing into a String cannot fail
            let _ = write!(text, "{byte:02x}");
            text
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

    /// The file, or the news that the browser has it.
    pub(super) fn answer(&self, req: &HttpRequest) -> HttpResponse {
        let version = self.version();
        let tag = format!("\"{version}\"");
        let is_pinned = req.query_string() == format!("v={version}");
        let known = req
            .headers()
            .get(header::IF_NONE_MATCH)
            .and_then(|value| value.to_str().ok());
        let is_known = known.is_some_and(|known| known.split(',').any(|known| known.trim() == tag));
        let mut answer = if is_known {
            HttpResponse::NotModified()
        } else {
            HttpResponse::Ok()
        };
        answer.insert_header((header::ETAG, tag)).insert_header((
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
        answer
            .insert_header((header::CONTENT_TYPE, self.media_type()))
            .body(Bytes::from_static(self.content))
    }
}
