//! Finds the programs of an installed PostgreSQL server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The directory of `initdb` and `pg_ctl`: of the search path, then of the places where packages put them, newest
/// version first.
pub(super) fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    directories.extend(versions("/usr/lib/postgresql", ""));
    directories.extend(said_by_pg_config());
    for parent in ["/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"] {
        directories.extend(versions(parent, "postgresql"));
    }
    directories.extend(versions("/usr", "pgsql-"));
    directories.into_iter().find(|directory| is_complete(directory))
}

fn is_complete(directory: &Path) -> bool {
    ["initdb", "pg_ctl"].iter().all(|name| directory.join(name).is_file())
}

/// The `bin` of the directories in `parent` whose names begin with `prefix`, the largest number first.
fn versions(parent: &str, prefix: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix(prefix)?.trim_start_matches('@').parse();
            Some((version.unwrap_or(0), entry.path().join("bin")))
        })
        .collect();
    found.sort_by(|left, right| right.cmp(left));
    found.into_iter().map(|(_, directory)| directory).collect()
}

fn said_by_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().into())
}
