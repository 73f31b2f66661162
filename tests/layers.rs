//! Keeps the table of layers in `docs/architecture.md` true: who uses whom is read from the sources of the library.
//!
//! Looks at the names of modules only, so it needs no compiler. What uses a layer below its own is listed here, with the reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each uses the other although it stands above it: the table says why below itself.
const EXCEPTIONS: &[(&str, &str)] = &[
    // a descriptor holds functions: what they take is the form's, the request's and the answer's, and opaque to it
    ("declare", "schema"),
    ("declare", "form"),
    ("declare", "response"),
    ("declare", "http"),
    ("schema", "form"),
    ("schema", "http"),
    ("form", "request"),
    ("form", "http"),
    // an id is text in the one and a key in the other
    ("request", "records"),
    // reads a body within its bounds
    ("login", "http"),
];

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The layers in the order of the table, each with its modules.
fn layers() -> Vec<Vec<String>> {
    let page = fs::read_to_string(here("../docs/architecture.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    rows.filter_map(|row| row.split('|').nth(1))
        .map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect())
        .collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, found),
            false if path.extension().is_some_and(|extension| extension == "rs") => found.push(path),
            false => {}
        }
    }
}

/// The modules that each module of the library names, tests left out.
fn uses() -> BTreeMap<String, BTreeSet<String>> {
    let root = here("../forest-actions/src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut uses = BTreeMap::<String, BTreeSet<String>>::new();
    for file in files {
        let path = file.strip_prefix(&root).unwrap();
        let mut parts = path.iter().map(|part| part.to_string_lossy().into_owned());
        let module = parts.next().unwrap().trim_end_matches(".rs").to_owned();
        if parts.any(|part| part.contains("tests") || part.starts_with("test_") || part == "fixture.rs") {
            continue;
        }
        let source = fs::read_to_string(&file).unwrap();
        let code = source.split("#[cfg(test)]\nmod ").next().unwrap();
        let code: String =
            code.lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .fold(String::new(), |mut code, line| {
                    code.push_str(line);
                    code.push('\n');
                    code
                });
        for rest in code.split("crate::").skip(1) {
            let name: String = rest
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                .collect();
            uses.entry(module.clone()).or_default().insert(name);
        }
    }
    uses
}

#[test]
fn no_layer_uses_one_below_its_own() {
    let layers = layers();
    let place = |module: &str| layers.iter().position(|layer| layer.iter().any(|name| name == module));
    let uses = uses();
    let mut wrong = Vec::new();
    let mut met = BTreeSet::new();
    for (module, others) in &uses {
        let Some(own) = place(module) else { continue };
        for other in others {
            if place(other).is_none_or(|place| place <= own) {
                continue;
            }
            match EXCEPTIONS.iter().find(|known| **known == (module, other)) {
                Some(known) => _ = met.insert(*known),
                None => wrong.push(format!("{module} uses {other}")),
            }
        }
    }
    assert!(wrong.is_empty(), "against the table of docs/architecture.md: {wrong:?}");
    let gone: Vec<_> = EXCEPTIONS.iter().filter(|known| !met.contains(*known)).collect();
    assert!(gone.is_empty(), "no exceptions any more: {gone:?}");
}

#[test]
fn every_module_of_the_library_has_its_place_in_the_table() {
    let layers = layers();
    for entry in fs::read_dir(here("../forest-actions/src")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let module = name.trim_end_matches(".rs");
        // what users see of the rest, and nothing of its own
        if matches!(module, "lib" | "prelude" | "private" | "link" | "docs") {
            continue;
        }
        let has_place = layers.iter().any(|layer| layer.iter().any(|name| name == module));
        assert!(has_place, "docs/architecture.md has no layer for `{module}`");
    }
}
