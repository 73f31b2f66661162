//! Reading and writing of `.forestadmin-schema.json`, with blocking calls.
//!
//! A write replaces the whole file or leaves the old one as it is: neither a crash nor a second process leaves half a schema.

use super::Schema;
use serde_json::error::Category;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The error of [`read`] and [`write()`]. Each message names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaFileError {
    /// The file does not exist.
    #[error(
        "the schema file {} does not exist: run the program once in development, or export the schema, and commit the file",
        path.display()
    )]
    Missing {
        /// The file, as an absolute path, so that a wrong working directory shows.
        path: PathBuf,
    },
    /// The file holds nothing but white space.
    #[error("the schema file {} is empty: restore it, or run the program once in development", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file is not JSON.
    #[error("the schema file {} is not JSON: line {line}, column {column}: {source}", path.display())]
    NotJson {
        /// The file.
        path: PathBuf,
        /// The line of the mistake, counted from one.
        line: usize,
        /// The column of the mistake, counted from one.
        column: usize,
        /// The error of the JSON parser.
        source: serde_json::Error,
    },
    /// The file is JSON, but not that of a schema.
    #[error("the file {} is not a schema: {source}", path.display())]
    NotASchema {
        /// The file.
        path: PathBuf,
        /// The missing or mistyped key, with line and column.
        source: serde_json::Error,
    },
    /// The file system refused.
    #[error("the schema file {} cannot be {action}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The attempt: `read` or `written`.
        action: &'static str,
        /// The error of the file system.
        source: io::Error,
    },
}

/// The outcome of [`write()`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteOutcome {
    /// The file is new or has new content.
    Written,
    /// The file had this content already and was not touched.
    Unchanged,
}

/// Reads the schema in the file at `path`.
///
/// # Errors
///
/// [`SchemaFileError`] when the file is missing, empty, not JSON or not a schema, or cannot be read.
///
/// ```
/// use forest_actions::schema::{SchemaFileError, read};
///
/// let error = read("no/such/.forestadmin-schema.json").unwrap_err();
/// assert!(matches!(error, SchemaFileError::Missing { .. }));
/// assert!(error.to_string().contains("export the schema"));
/// ```
pub fn read(path: impl AsRef<Path>) -> Result<Schema, SchemaFileError> {
    let path = absolute(path.as_ref());
    let bytes = match regular(&path).and_then(|_| fs::read(&path)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(SchemaFileError::Missing { path });
        }
        Err(source) => {
            return Err(SchemaFileError::Io {
                path,
                action: "read",
                source,
            });
        }
    };
    // some editors write a byte order mark
    let json = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    if json.trim_ascii().is_empty() {
        return Err(SchemaFileError::Empty { path });
    }
    serde_json::from_slice(json).map_err(|source| match source.classify() {
        Category::Data => SchemaFileError::NotASchema { path, source },
        _ => SchemaFileError::NotJson {
            path,
            line: source.line(),
            column: source.column(),
            source,
        },
    })
}

/// Makes `text` the content of the file at `path`, whole or not at all.
///
/// Writes a new file in the same directory and renames it. A file that holds this text already is not touched, so that tools that
/// watch it are not triggered. Symbolic links are followed. On Unix the mode of the file is `0644`.
///
/// # Errors
///
/// [`SchemaFileError::Io`] when the directory is missing or not writable, or the disk is full; the old file is then
/// as it was.
///
/// ```
/// use forest_actions::Forest;
/// use forest_actions::schema::{WriteOutcome, read, write};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join(".forestadmin-schema.json");
/// let schema = Forest::builder().actions([]).schema()?;
/// assert_eq!(write(&path, &schema.to_file_text())?, WriteOutcome::Written);
/// assert_eq!(write(&path, &schema.to_file_text())?, WriteOutcome::Unchanged);
/// assert_eq!(read(&path)?, schema);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write(path: impl AsRef<Path>, text: &str) -> Result<WriteOutcome, SchemaFileError> {
    let path = absolute(path.as_ref());
    // replacing a link would cut it from its file
    let target = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
    let outcome = regular(&target).and_then(|exists| {
        if exists && fs::read(&target).is_ok_and(|old| old == text.as_bytes()) {
            return Ok(WriteOutcome::Unchanged);
        }
        replace(&target, text).map(|()| WriteOutcome::Written)
    });
    match outcome {
        Ok(outcome) => Ok(outcome),
        Err(source) => Err(SchemaFileError::Io {
            path,
            action: "written",
            source,
        }),
    }
}

/// Returns `true` for an existing file.
///
/// A device or pipe is refused: reading one may never end, and replacing one, such as `/dev/null`, breaks every other program.
fn regular(target: &Path) -> io::Result<bool> {
    match fs::metadata(target) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(_) => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")),
        Err(_) => Ok(false),
    }
}

fn replace(target: &Path, text: &str) -> io::Result<()> {
    // an absolute path without a parent is the root, where the rename below fails
    let directory = target.parent().unwrap_or(target);
    let mut file = tempfile::Builder::new()
        .prefix(".forestadmin-schema-")
        .suffix(".tmp")
        .tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    readable_by_all(file.as_file())?;
    // without this a crash of the machine could leave an empty file
    file.as_file().sync_all()?;
    file.persist(target)?;
    Ok(())
}

/// Temporary files are private to their owner.
#[cfg(unix)]
fn readable_by_all(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &fs::File) -> io::Result<()> {
    Ok(())
}

/// Fails only for an empty path or a removed working directory; the path as given is then as good.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn schema(name: &str) -> Schema {
        super::super::tests::schema(serde_json::json!([{"name": name}]))
    }

    #[cfg(unix)]
    #[test]
    fn sch_03_only_regular_files_are_read_and_replaced() {
        let directory = tempfile::tempdir().unwrap();
        // stands for a device, which a test should not put at risk
        let path = directory.path().join("socket");
        let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let error = write(&path, "{}").unwrap_err();
        assert!(error.to_string().contains("regular file"), "{error}");
        assert!(!fs::metadata(&path).unwrap().is_file(), "it is still there");
        assert!(read(&path).unwrap_err().to_string().contains("regular file"));
    }

    #[test]
    fn sch_03_an_unchanged_schema_is_not_written_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("schema.json");
        let text = schema("a").to_file_text();
        assert_eq!(write(&path, &text).unwrap(), WriteOutcome::Written);
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert_eq!(write(&path, &text).unwrap(), WriteOutcome::Unchanged);
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
        assert_eq!(
            write(&path, &schema("b").to_file_text()).unwrap(),
            WriteOutcome::Written
        );
        assert_eq!(read(&path).unwrap(), schema("b"));
        assert_eq!(
            fs::read_dir(directory.path()).unwrap().count(),
            1,
            "no temporary file stays"
        );
    }

    #[test]
    fn sch_03_a_write_that_fails_leaves_no_trace() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("missing").join("schema.json");
        let error = write(&path, "{}").unwrap_err();
        assert!(
            matches!(error, SchemaFileError::Io { action: "written", .. }),
            "{error}"
        );
        assert!(error.to_string().contains("schema.json cannot be written"), "{error}");
        // a directory cannot be replaced: it stays, and the temporary file is removed
        let occupied = directory.path().join("occupied");
        fs::create_dir(&occupied).unwrap();
        fs::write(occupied.join("x"), "x").unwrap();
        assert!(write(&occupied, "{}").is_err());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn sch_03_a_reader_never_sees_half_a_schema_while_two_writers_compete() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("schema.json");
        let texts = [schema("a").to_file_text(), schema(&"b".repeat(100_000)).to_file_text()];
        write(&path, &texts[0]).unwrap();
        std::thread::scope(|scope| {
            for text in &texts {
                scope.spawn(|| {
                    for _ in 0..30 {
                        write(&path, text).unwrap();
                    }
                });
            }
            for _ in 0..100 {
                assert_eq!(read(&path).unwrap().collections.len(), 1);
            }
        });
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_readable_by_all_and_a_link_to_it_stays_a_link() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let (path, link) = (directory.path().join("schema.json"), directory.path().join("link.json"));
        write(&path, "{}").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write(&link, "[]").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "[]");
    }

    #[test]
    fn sch_07_each_unusable_file_has_a_message_with_its_path_and_the_remedy() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("schema.json");
        let message = |content: &[u8]| {
            fs::write(&path, content).unwrap();
            let error = read(&path).unwrap_err();
            assert!(error.to_string().contains(&path.display().to_string()), "{error}");
            error
        };
        assert!(matches!(message(b" \n"), SchemaFileError::Empty { .. }));
        assert!(matches!(message("\u{feff}".as_bytes()), SchemaFileError::Empty { .. }));
        match message(b"{\n  \"collections\": [,]") {
            SchemaFileError::NotJson {
                line: 2, column: 19, ..
            } => {}
            other => panic!("{other}"),
        }
        assert!(matches!(
            message(b"{\"collections\": [\"\xff\"]}"),
            SchemaFileError::NotJson { .. } | SchemaFileError::NotASchema { .. }
        ));
        assert!(matches!(
            message(&schema("a").to_file_text().as_bytes()[..100]),
            SchemaFileError::NotJson { .. }
        ));
        let error = message(br#"{"collections": []}"#);
        assert!(matches!(error, SchemaFileError::NotASchema { .. }));
        assert!(error.to_string().contains("missing field `meta`"), "{error}");

        fs::remove_file(&path).unwrap();
        let error = read(&path).unwrap_err();
        assert!(matches!(error, SchemaFileError::Missing { .. }));
        assert!(
            error
                .to_string()
                .contains("run the program once in development, or export the schema, and commit the file")
        );
        assert!(matches!(
            read(directory.path()).unwrap_err(),
            SchemaFileError::Io { action: "read", .. }
        ));
    }

    #[test]
    fn sch_07_a_relative_path_is_reported_as_an_absolute_one() {
        let SchemaFileError::Missing { path } = read("no-such-schema.json").unwrap_err() else {
            panic!("not missing")
        };
        assert!(path.is_absolute());
    }
}
