//! Keeps `docs/failures.md` true: each behaviour has a test that bears its id, in the file that the page names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const GROUPS: [&str; 10] = ["aut", "per", "app", "sel", "frm", "res", "rte", "sch", "net", "evt"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The ids in the name of a function, such as `PER-05` in `per_05_one_fetch_serves_all_waiters`.
fn ids(function: &str) -> BTreeSet<String> {
    let words: Vec<&str> = function.split('_').collect();
    let pairs = words.windows(2).filter_map(|pair| match pair {
        [group, number] if GROUPS.contains(group) && number.len() == 2 && number.parse::<u8>().is_ok() => {
            Some(format!("{}-{number}", group.to_uppercase()))
        }
        _ => None,
    });
    pairs.collect()
}

/// The files with tests for each id.
fn tested() -> BTreeMap<String, BTreeSet<String>> {
    let mut tested = BTreeMap::<String, BTreeSet<String>>::new();
    let mut folders: Vec<PathBuf> = ["forest-actions/src", "forest-actions-macros/src", "examples", "tests"]
        .iter()
        .map(|folder| root().join(folder))
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
                let source = fs::read_to_string(&path).unwrap();
                for function in source.split("fn ").skip(1) {
                    let function = function.split('(').next().unwrap();
                    for id in ids(function) {
                        tested.entry(id).or_default().insert(name.clone());
                    }
                }
            }
        }
    }
    tested
}

/// The rows of the page: id and file.
fn listed() -> BTreeMap<String, String> {
    let page = fs::read_to_string(root().join("docs/failures.md")).unwrap();
    let mut listed = BTreeMap::new();
    for row in page.lines() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let ["", id, _, file, ""] = cells[..] else { continue };
        if id.contains('-') && !id.starts_with('-') {
            let twice = listed.insert(id.to_owned(), file.trim_matches('`').to_owned());
            assert_eq!(twice, None, "docs/failures.md lists {id} twice");
        }
    }
    listed
}

#[test]
fn every_listed_behaviour_has_a_test_in_the_named_file() {
    let tested = tested();
    let missing: Vec<_> = listed()
        .into_iter()
        .filter(|(id, file)| !tested.get(id).is_some_and(|files| files.contains(file)))
        .collect();
    assert_eq!(missing, [], "no test with the id in its name");
}

#[test]
fn every_id_in_the_name_of_a_test_is_explained() {
    let listed = listed();
    let unknown: Vec<_> = tested()
        .into_iter()
        .filter(|(id, _)| !listed.contains_key(id))
        .collect();
    assert_eq!(unknown, [], "docs/failures.md does not explain these");
}
