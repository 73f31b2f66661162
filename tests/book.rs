//! Compiles and runs the code of the README files and of the book as documentation tests, and checks the list of pages
//! and their links. The hidden code that examples share is in `book_support.rs`.

/// One empty module per page, so that a failing example is reported under the name of its page.
macro_rules! pages {
    ($($module:ident: $path:literal;)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!($path)]
            mod $module {}
        )*

        /// The pages, relative to this file.
        #[cfg(test)]
        const PAGES: &[&str] = &[$($path),*];
    };
}

pages! {
    readme: "../README.md";
    readme_of_the_crate: "../forest-actions/README.md";
    architecture: "../docs/architecture.md";
    answers: "../docs/answers.md";
    audit: "../docs/audit.md";
    attribute: "../docs/attribute.md";
    benchmarks: "../docs/benchmarks.md";
    by_hand: "../docs/by-hand.md";
    charts: "../docs/charts.md";
    configuration: "../docs/configuration.md";
    cookbook: "../docs/cookbook/index.md";
    cookbook_01_add_existing_records: "../docs/cookbook/01-add-existing-records.md";
    cookbook_02_belongs_to_many: "../docs/cookbook/02-belongs-to-many.md";
    cookbook_03_distance: "../docs/cookbook/03-distance.md";
    cookbook_04_call_a_webhook: "../docs/cookbook/04-call-a-webhook.md";
    cookbook_05_create_a_record: "../docs/cookbook/05-create-a-record.md";
    cookbook_06_dynamic_dropdown: "../docs/cookbook/06-dynamic-dropdown.md";
    cookbook_07_dropdown: "../docs/cookbook/07-dropdown.md";
    cookbook_08_alias_labels: "../docs/cookbook/08-alias-labels.md";
    cookbook_09_impersonate: "../docs/cookbook/09-impersonate.md";
    cookbook_10_refresh_a_relation: "../docs/cookbook/10-refresh-a-relation.md";
    cookbook_11_computed_field: "../docs/cookbook/11-computed-field.md";
    cookbook_12_several_records: "../docs/cookbook/12-several-records.md";
    cookbook_13_segment: "../docs/cookbook/13-segment.md";
    cookbook_14_update_in_bulk: "../docs/cookbook/14-update-in-bulk.md";
    cookbook_15_upload_to_s3: "../docs/cookbook/15-upload-to-s3.md";
    cookbook_16_several_files: "../docs/cookbook/16-several-files.md";
    cookbook_17_some_records_cannot: "../docs/cookbook/17-some-records-cannot.md";
    decisions: "../docs/decisions.md";
    deploying: "../docs/deploying.md";
    doctor: "../docs/doctor.md";
    mistakes: "../docs/mistakes.md";
    errors: "../docs/errors.md";
    failures: "../docs/failures.md";
    forms: "../docs/forms.md";
    from_other_agents: "../docs/from-other-agents.md";
    getting_started: "../docs/getting-started.md";
    handlers: "../docs/handlers.md";
    hooks: "../docs/hooks.md";
    imports: "../docs/imports.md";
    introduction: "../docs/introduction.md";
    linking: "../docs/linking.md";
    login_roles_approvals: "../docs/login-roles-approvals.md";
    production: "../docs/production.md";
    playground: "../docs/playground.md";
    protocol: "../docs/protocol.md";
    record_source: "../docs/record-source.md";
    records: "../docs/records.md";
    operating_runs: "../docs/operating-runs.md";
    rules: "../docs/rules.md";
    runs: "../docs/runs.md";
    schema: "../docs/schema.md";
    security: "../docs/security.md";
    test_forest: "../docs/test-forest.md";
    testing: "../docs/testing.md";
    writing: "../docs/writing.md";
}

#[cfg(test)]
mod failures;
#[cfg(test)]
mod layers;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::PAGES;

    fn here(path: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
    }

    fn text(path: &Path) -> String {
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The targets of the links of a page, without those to other sites.
    fn links(page: &str) -> impl Iterator<Item = &str> {
        page.split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
    }

    /// The anchor that a heading gets: lower case, punctuation dropped, blanks as dashes.
    fn anchors(page: &str) -> Vec<String> {
        let mut in_code = false;
        page.lines()
            .filter(|line| {
                if line.starts_with("```") {
                    in_code = !in_code;
                }
                !in_code && line.starts_with('#')
            })
            .map(|line| {
                line.trim_start_matches('#')
                    .trim()
                    .to_lowercase()
                    .chars()
                    .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                    .map(|c| if c == ' ' { '-' } else { c })
                    .collect()
            })
            .collect()
    }

    #[test]
    fn every_page_of_the_book_is_compiled_and_listed() {
        let summary = text(&here("../docs/SUMMARY.md"));
        for folder in ["", "cookbook/"] {
            for entry in fs::read_dir(here("../docs").join(folder)).unwrap() {
                let name = format!("{folder}{}", entry.unwrap().file_name().to_string_lossy());
                if !name.ends_with(".md") || name == "SUMMARY.md" {
                    continue;
                }
                assert!(
                    PAGES.contains(&format!("../docs/{name}").as_str()),
                    "{name} is not in tests/book.rs"
                );
                assert!(
                    summary.contains(&format!("]({name})")),
                    "{name} is not in docs/SUMMARY.md"
                );
            }
        }
    }

    /// The visible lines of code of each Rust block, without blank lines and comments.
    fn lines_of_code(page: &str, is_comment: fn(&str) -> bool) -> Vec<usize> {
        page.split("```rust")
            .skip(1)
            .filter_map(|block| block.split("```").next())
            .map(|block| {
                block
                    .lines()
                    .skip(1)
                    .filter(|line| !line.starts_with("# ") && *line != "#")
                    .map(str::trim)
                    .filter(|line| !line.is_empty() && !is_comment(line))
                    .count()
            })
            .collect()
    }

    #[test]
    fn line_counts_in_the_cookbook_are_correct() {
        let index = text(&here("../docs/cookbook/index.md"));
        // the doc comment of a field is a text of its form
        let is_comment = |line: &str| line.starts_with("//") && !line.starts_with("///");
        let recipes: Vec<&str> = PAGES
            .iter()
            .filter_map(|page| page.strip_prefix("../docs/cookbook/"))
            .filter(|name| *name != "index.md")
            .collect();
        assert_eq!(recipes.len(), 17);
        let mut together = 0;
        for name in recipes {
            let page = text(&here("../docs/cookbook").join(name));
            let [lines] = lines_of_code(&page, is_comment)[..] else {
                panic!("{name} has one block of code");
            };
            let title = page.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap();
            let kind = page
                .split_once("kind = \"")
                .and_then(|(_, rest)| rest.split('"').next())
                .unwrap_or("bulk");
            let row = format!("| [{title}]({name}) | {kind} | {lines} |\n");
            assert!(index.contains(&row), "docs/cookbook/index.md needs {row}");
            together += lines;
        }
        assert!(
            index.contains(&format!("| **together** | | **{together}** |\n")),
            "{together} lines together"
        );
    }

    #[test]
    fn the_reference_of_settings_names_each_variable_and_method() {
        let page = text(&here("../docs/configuration.md"));
        let parts = [
            "../forest-actions/src/config.rs",
            "../forest-actions/src/config/server.rs",
        ];
        for part in parts {
            let source = text(&here(part));
            let code = source.split("#[cfg(test)]").next().unwrap();
            // quoted words that look like variables
            let names = code
                .split('"')
                .skip(1)
                .step_by(2)
                .filter(|name| name.len() > 8 && name.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
            for name in names {
                assert!(
                    page.contains(&format!("`{name}`")),
                    "docs/configuration.md lacks {name}"
                );
            }
        }
        let builder = text(&here("../forest-actions/src/forest/builder.rs"));
        let settings = builder.split("    pub fn ").skip(1).filter(|rest| {
            let head = rest.split('{').next().unwrap_or_default();
            head.contains("(mut self,") || head.contains("(self,")
        });
        let mut count = 0;
        for setting in settings {
            let name = setting.split(['(', '<']).next().unwrap();
            assert!(
                page.contains(&format!("`{name}(")),
                "docs/configuration.md lacks {name}"
            );
            count += 1;
        }
        assert!(
            count > 25,
            "{count} settings: the source is read in another way than it is written"
        );
    }

    #[test]
    fn line_counts_in_the_comparison_are_correct() {
        let page = text(&here("../docs/by-hand.md"));
        let counts = lines_of_code(&page, |line| line.starts_with("//"));
        let [ours, by_hand] = counts.as_slice() else {
            panic!("two versions, found {counts:?}");
        };
        let row = format!("| **together** | **{ours}** | **{by_hand}** |");
        assert!(page.contains(&row), "the counts are {row}");
        let readme = text(&here("../README.md")).replace('\n', " ");
        let said = format!("{ours} lines against {by_hand}");
        assert!(readme.contains(&said), "README.md does not say `{said}`");
    }

    #[test]
    fn the_readme_links_to_every_page_of_the_book() {
        let readme = text(&here("../README.md"));
        let pages: Vec<&str> = links(&readme).collect();
        for page in PAGES.iter().filter_map(|page| page.strip_prefix("../")) {
            let is_led_to_by_another = page.starts_with("docs/cookbook/") && !page.ends_with("index.md");
            if page.starts_with("docs/") && !is_led_to_by_another {
                assert!(pages.contains(&page), "README.md does not lead to {page}");
            }
        }
    }

    #[test]
    fn dependency_lines_name_a_clone_and_features_that_exist() {
        let manifest = text(&here("../forest-actions/Cargo.toml"));
        let features = manifest.split("[features]").nth(1).unwrap();
        let features = features.split("\n[").next().unwrap();
        let mut seen = 0;
        for page in PAGES {
            let page_text = text(&here(page));
            for line in page_text.lines().filter(|line| line.starts_with("forest-actions = ")) {
                // the folder of the crate, in a clone beside the project
                assert!(
                    line.contains(r#"path = "../forest-actions/forest-actions""#),
                    "{page}: {line}"
                );
                let named = line.split_once("features = [").map_or("", |(_, rest)| rest);
                let named = named.split(']').next().unwrap_or_default();
                for feature in named.split('"').skip(1).step_by(2) {
                    assert!(features.contains(&format!("\n{feature} = ")), "{page}: {feature}");
                }
                seen += 1;
            }
        }
        assert!(seen > 3, "{seen} lines");
    }

    #[test]
    fn links_between_pages_are_valid() {
        let others = [
            "../docs/SUMMARY.md",
            "../CONTRIBUTING.md",
            "../CHANGELOG.md",
            "../SECURITY.md",
        ];
        for page in PAGES.iter().chain(&others) {
            let path = here(page);
            for link in links(&text(&path)) {
                let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
                let target = if file.is_empty() {
                    path.clone()
                } else {
                    path.parent().unwrap().join(file)
                };
                assert!(target.exists(), "{page}: `{link}` leads nowhere");
                if !anchor.is_empty() {
                    let found = anchors(&text(&target));
                    assert!(
                        found.iter().any(|name| name == anchor),
                        "{page}: `{link}`: no such heading in {found:?}"
                    );
                }
            }
        }
    }
}
