//! Reads the sources of the library and checks that its modules depend on each other in one direction, in the order of the
//! table in `docs/architecture.md`.
//!
//! Module names are found in the text (`crate::name`), so no compiler is needed. Tests inside the library are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Modules that only re-export others, or hold no code.
const FACADES: [&str; 5] = ["lib", "prelude", "private", "link", "docs"];

type Graph = BTreeMap<String, BTreeSet<String>>;

fn workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The rows of the table, lowest layer first, each with its modules.
fn rows() -> Vec<Vec<String>> {
    let page = fs::read_to_string(workspace("docs/architecture.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    rows.filter_map(|row| row.split('|').nth(1))
        .map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect())
        .collect()
}

/// The source files below a folder of the library, with their paths relative to `src`.
fn files(folder: &str) -> Vec<(PathBuf, String)> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = workspace("forest-actions/src");
    let mut files = Vec::new();
    collect(&root.join(folder), &mut files);
    files
        .iter()
        .map(|file| {
            (
                file.strip_prefix(&root).unwrap().to_owned(),
                fs::read_to_string(file).unwrap(),
            )
        })
        .collect()
}

/// The product code below a folder of the library.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let is_test = |name: &str| name.contains("tests") || name.starts_with("test_") || name == "fixture.rs";
    files(folder)
        .into_iter()
        .filter(|(path, _)| !path.iter().skip(1).any(|part| is_test(&part.to_string_lossy())))
        .map(|(path, source)| (path, product_code(&source)))
        .collect()
}

/// The source without comments and without the tests at its end.
fn product_code(source: &str) -> String {
    without_comments(source.split("#[cfg(test)]\nmod ").next().unwrap_or_default())
}

fn without_comments(code: &str) -> String {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The names that follow `crate::`, at the root of the library. Empty for an item that the root re-exports.
fn names_at_root(code: &str) -> impl Iterator<Item = String> {
    code.split("crate::").skip(1).map(|rest| {
        let is_part = |c: &char| c.is_ascii_lowercase() || *c == '_';
        rest.chars().take_while(is_part).collect()
    })
}

fn module_of(path: &Path) -> String {
    let first = path.iter().next().unwrap().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The top-level modules that each top-level module names.
fn uses() -> Graph {
    let mut uses = Graph::new();
    for (path, code) in sources("") {
        let module = module_of(&path);
        if FACADES.contains(&module.as_str()) {
            continue;
        }
        // only the macros of users name the hidden module
        let others = names_at_root(&code).filter(|name| *name != module && !name.starts_with("__"));
        uses.entry(module.clone()).or_default().extend(others);
    }
    uses
}

/// A path of modules, each using the next, from the last module of `path` back to one that is on it.
fn cycle_from(uses: &Graph, path: &mut Vec<String>, done: &mut BTreeSet<String>) -> Option<Vec<String>> {
    let module = path.last()?.clone();
    for other in uses.get(&module).into_iter().flatten() {
        if let Some(start) = path.iter().position(|known| known == other) {
            let mut cycle = path.split_off(start);
            cycle.push(other.clone());
            return Some(cycle);
        }
        if !done.contains(other) {
            path.push(other.clone());
            if let Some(cycle) = cycle_from(uses, path, done) {
                return Some(cycle);
            }
            path.pop();
        }
    }
    done.insert(module);
    None
}

#[test]
fn modules_are_acyclic() {
    let uses = uses();
    let mut done = BTreeSet::new();
    for module in uses.keys() {
        let cycle = cycle_from(&uses, &mut vec![module.clone()], &mut done);
        assert_eq!(cycle.map(|cycle| cycle.join(" → ")), None);
    }
}

#[test]
fn modules_use_only_lower_layers() {
    let rows = rows();
    let row_of = |module: &str| rows.iter().position(|row| row.iter().any(|name| name == module));
    let mut wrong = Vec::new();
    for (module, others) in uses() {
        let own = row_of(&module);
        wrong.extend(
            others
                .iter()
                .filter(|other| row_of(other).is_none() || row_of(other) > own)
                .map(|other| format!("{module} uses {other}")),
        );
    }
    assert!(wrong.is_empty(), "against the table of docs/architecture.md: {wrong:?}");
}

#[test]
fn every_module_is_in_the_table_once() {
    let mut listed: Vec<String> = rows().into_iter().flatten().collect();
    listed.sort();
    let mut modules: Vec<String> = fs::read_dir(workspace("forest-actions/src"))
        .unwrap()
        .map(|entry| module_of(Path::new(&entry.unwrap().file_name())))
        .filter(|module| !FACADES.contains(&module.as_str()))
        .collect();
    modules.sort();
    modules.dedup();
    assert_eq!(listed, modules);
}

/// The fake server and its tests use no module outside of its folder.
#[test]
fn the_fake_server_shares_no_code_with_the_agent() {
    for (path, source) in files("testing/fake") {
        let code = without_comments(&source);
        // from `fake/x.rs`, `super` is `fake`; a file in a folder of it and a module inside a file are one deeper
        let outside = [
            "crate::",
            "forest_actions::",
            "super::super::super::",
            "in super::super::super",
        ];
        let is_nested = path.components().count() > 3 || source.contains("#[cfg(test)]\nmod tests {");
        let outside = outside.into_iter().chain((!is_nested).then_some("use super::super::"));
        let named: Vec<&str> = outside.filter(|outside| code.contains(outside)).collect();
        assert!(named.is_empty(), "{} names {named:?}", path.display());
    }
}

#[test]
fn a_cycle_is_found_from_any_starting_module() {
    let graph: Graph = [("a", vec!["b"]), ("b", vec!["c", "d"]), ("c", vec![]), ("d", vec!["b"])]
        .into_iter()
        .map(|(module, others)| (module.to_owned(), others.into_iter().map(str::to_owned).collect()))
        .collect();
    for start in ["a", "b", "d"] {
        let cycle = cycle_from(&graph, &mut vec![start.to_owned()], &mut BTreeSet::new());
        assert_eq!(cycle.map(|cycle| cycle.len()), Some(3), "from {start}");
    }
    assert_eq!(
        cycle_from(&graph, &mut vec!["c".to_owned()], &mut BTreeSet::new()),
        None
    );
}
