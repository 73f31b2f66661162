//! A file as the answer of an action: bytes, a stream, or a file on disk.
//!
//! Owns the headers that let the browser save it under its name (`Content-Disposition`, exposed to
//! scripts) and the streaming body. Bytes are sent untouched (RES-02).

use std::fmt;
use std::io;
use std::path::Path;

use actix_web::HttpResponse;
use actix_web::body::{BodyStream, BoxBody, MessageBody, SizedStream};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio_util::io::ReaderStream;

use super::answer::{append_all, header_pair};
use super::disposition::attachment;
use crate::text::{excerpt, one_line};

/// Size of the pieces in which a file on disk is read, in bytes.
const READ_CHUNK: usize = 64 * 1024;

/// A file that the UI saves under its name. The action must be declared with `download = true`, which the
/// attribute sets by itself when the handler returns a `Download`.
///
/// ```
/// use forest_actions::Download;
///
/// let _ = Download::new("report-\u{e9}t\u{e9}.csv", "id,name\n1,Ada\n").media_type("text/csv; charset=utf-8");
/// ```
#[must_use]
pub struct Download {
    name: String,
    media_type: Option<HeaderValue>,
    headers: HeaderMap,
    body: BoxBody,
}

impl Download {
    /// A file whose bytes are at hand. The media type follows from the name's extension.
    pub fn new(name: impl Into<String>, content: impl Into<Bytes>) -> Self {
        Self::with_body(name.into(), BoxBody::new(content.into()))
    }

    /// A file that is produced while it is sent, in constant memory.
    ///
    /// An error in the middle cuts the connection, so that the browser reports a failed download
    /// rather than saving half a file; it is logged.
    pub fn stream<S, E>(name: impl Into<String>, content: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + 'static,
        E: Into<Box<dyn std::error::Error>> + 'static,
    {
        let name = name.into();
        let logged = name.clone();
        let content = content.map(move |chunk| {
            chunk.map_err(|error| {
                let error: Box<dyn std::error::Error> = error.into();
                tracing::error!(
                    file = excerpt(&logged, 200),
                    error = super::chain_of(error.as_ref()),
                    "a streamed download broke off"
                );
                error
            })
        });
        Self::with_body(name, BoxBody::new(BodyStream::new(content)))
    }

    /// A file on disk, streamed. It is opened here, so that a missing one is an error of the action and
    /// not a broken download. Its name is the path's last part; [`Download::named`] gives another.
    ///
    /// # Errors
    /// The error of the file system; an error for a directory.
    pub async fn path(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let file = tokio::fs::File::open(path).await?;
        let metadata = file.metadata().await?;
        if !metadata.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a download must be a regular file",
            ));
        }
        let name = path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let content = SizedStream::new(metadata.len(), ReaderStream::with_capacity(file, READ_CHUNK));
        Ok(Self::with_body(name, BoxBody::new(content)))
    }

    fn with_body(name: String, body: BoxBody) -> Self {
        Self {
            name,
            media_type: None,
            headers: HeaderMap::new(),
            body,
        }
    }

    /// Another file name.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Another media type than the one of the name's extension, e.g. `text/csv; charset=utf-8`. An invalid
    /// header value is ignored.
    pub fn media_type(mut self, media_type: impl AsRef<str>) -> Self {
        self.media_type = HeaderValue::try_from(media_type.as_ref()).ok().or(self.media_type);
        self
    }

    /// Adds a response header. A name or value that is not a valid HTTP header is ignored and logged.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        match header_pair(name.as_ref(), value.as_ref()) {
            Some((name, value)) => self.headers.append(name, value),
            None => tracing::warn!(
                header = one_line(name.as_ref()),
                "ignored an invalid header of a download"
            ),
        }
        self
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn content_type(&self) -> HeaderValue {
        self.media_type.clone().unwrap_or_else(|| {
            let guess = mime_guess::from_path(&self.name).first_or_octet_stream();
            HeaderValue::try_from(guess.as_ref())
                .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"))
        })
    }

    pub(super) fn into_http(self) -> HttpResponse {
        let media_type = self.content_type();
        let mut response = HttpResponse::Ok().body(self.body);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, media_type);
        headers.insert(header::CONTENT_DISPOSITION, attachment(&self.name));
        // set here as well as by our CORS, because a host that does its own CORS rarely thinks of it
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("Content-Disposition, X-Forest-Correlation-Id"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        append_all(headers, self.headers);
        response
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("name", &self.name)
            .field("size", &self.body.size())
            .finish_non_exhaustive()
    }
}
