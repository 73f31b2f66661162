//! A file as a form sends it: a data URI whose media type carries the file's name (protocol: values, files).
//!
//! The fetch standard's own parser reads the URI; the percent-encoded `name` parameter is the protocol's addition.

use std::borrow::Cow;

use data_url::DataUrl;
use forest_actions::{ActionError, Values};
use percent_encoding::percent_decode_str;

/// A decoded file.
#[derive(Debug, PartialEq)]
pub(crate) struct Upload {
    /// The name on the user's machine, without any directory; `None` when the client sent none.
    pub(crate) name: Option<String>,
    /// The media type that the browser claims; `text/plain` when it claims none.
    pub(crate) media_type: String,
    /// The bytes, never empty.
    pub(crate) content: Vec<u8>,
}

impl Upload {
    /// The file in the field `field`.
    ///
    /// # Errors
    /// 400 in words for the user when it is missing, not a file, or empty.
    pub(crate) fn required(values: &Values, field: &str) -> Result<Self, ActionError> {
        let uri = values.get(field).ok_or_else(|| refused(field, "is required"))?;
        let uri = uri.as_str().ok_or_else(|| refused(field, "is not a file"))?;
        Self::parse(uri).map_err(|problem| refused(field, problem))
    }

    fn parse(uri: &str) -> Result<Self, &'static str> {
        let url = DataUrl::process(uri).map_err(|_| "is not a file")?;
        let (content, _) = url.decode_to_vec().map_err(|_| "is damaged: it is not base64")?;
        if content.is_empty() {
            return Err("is an empty file");
        }
        let media_type = url.mime_type();
        Ok(Self {
            name: media_type.get_parameter("name").and_then(file_name),
            media_type: format!("{}/{}", media_type.type_, media_type.subtype),
            content,
        })
    }
}

/// The last part of the path: some browsers send the whole one, and nobody else's directories belong in our rows.
fn file_name(encoded: &str) -> Option<String> {
    let name: Cow<'_, str> = percent_decode_str(encoded).decode_utf8_lossy();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let name: String = name.chars().filter(|character| !character.is_control()).collect();
    (!name.is_empty()).then_some(name)
}

fn refused(field: &str, problem: &str) -> ActionError {
    ActionError::bad_request(format!("`{field}` {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn res_09_name_type_and_bytes_are_decoded() {
        let upload = Upload::parse("data:application/pdf;name=rapport%20final%3Bv2%2Cdef.pdf;base64,JVBERg==").unwrap();
        assert_eq!(upload.name.as_deref(), Some("rapport final;v2,def.pdf"));
        assert_eq!(upload.media_type, "application/pdf");
        assert_eq!(upload.content, b"%PDF");
        let accents = Upload::parse("data:text/plain;charset=utf-8;name=re%C3%A7u.txt;base64,aGk=").unwrap();
        assert_eq!(accents.name.as_deref(), Some("reçu.txt"));
    }

    #[test]
    fn a_file_without_a_name_is_still_a_file() {
        assert_eq!(
            Upload::parse("data:image/png;base64,AAAA").map(|upload| upload.name),
            Ok(None)
        );
    }

    #[test]
    fn directories_of_the_users_machine_are_dropped() {
        for uri in [
            "data:text/plain;name=C%3A%5Cme%5Ca.txt;base64,aGk=",
            "data:text/plain;name=..%2F..%2Fa.txt;base64,aGk=",
        ] {
            assert_eq!(Upload::parse(uri).unwrap().name.as_deref(), Some("a.txt"), "{uri}");
        }
    }

    #[test]
    fn what_is_no_file_is_refused() {
        assert_eq!(Upload::parse("report.pdf"), Err("is not a file"));
        assert_eq!(
            Upload::parse("data:text/plain;base64,***"),
            Err("is damaged: it is not base64")
        );
        assert_eq!(Upload::parse("data:text/plain;base64,"), Err("is an empty file"));
    }
}
