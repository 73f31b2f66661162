//! The crates whose build is measured: the same actions, once for each side, in a workspace of their own.
//!
//! All actions of a crate share their argument types, as those of a real one mostly do, and the handlers of both sides have
//! the same body: one call. They are spread over modules of a hundred.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use forest_actions_benchmarks::Outcome;

/// Actions, or fields of forms, in one module.
const PER_MODULE: usize = 100;

/// Fields in one form.
const PER_FORM: usize = 10;

/// What the crate is full of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// `#[smart_action]`.
    Forest,
    /// `#[actix_web::post]`, registered on a `ServiceConfig`.
    Post,
    /// Structs that derive `ActionForm`; counted by their fields.
    Form,
    /// The same structs, deriving serde's `Deserialize`.
    Serde,
}

impl Side {
    /// Handlers: what is compared with, and what is measured.
    pub(crate) const HANDLERS: [Self; 2] = [Self::Post, Self::Forest];
    /// Forms, likewise.
    pub(crate) const FORMS: [Self; 2] = [Self::Serde, Self::Form];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Forest => "forest",
            Self::Post => "post",
            Self::Form => "form",
            Self::Serde => "serde",
        }
    }
}

/// One crate.
pub(crate) struct Generated {
    pub(crate) side: Side,
    pub(crate) count: usize,
    pub(crate) package: String,
    pub(crate) main_file: PathBuf,
}

/// Writes the workspace; gives its crates, those without an action first.
pub(crate) fn workspace(to: &Path, repository: &Path, counts: &[usize], sides: [Side; 2]) -> Outcome<Vec<Generated>> {
    let mut crates = Vec::new();
    for &count in [0].iter().chain(counts) {
        for side in sides {
            let package = format!("{}-{count}", side.word());
            let sources = to.join(&package).join("src");
            fs::create_dir_all(&sources)?;
            fs::write(to.join(&package).join("Cargo.toml"), manifest(&package, repository))?;
            let main_file = sources.join("lib.rs");
            fs::write(&main_file, library(side, count)?)?;
            for first in (0..count).step_by(PER_MODULE) {
                let text = module(side, first..count.min(first + PER_MODULE))?;
                fs::write(sources.join(format!("actions_{first}.rs")), text)?;
            }
            crates.push(Generated {
                side,
                count,
                package,
                main_file,
            });
        }
    }
    let members: Vec<String> = crates.iter().map(|member| format!("{:?}", member.package)).collect();
    let workspace = format!("[workspace]\nresolver = \"3\"\nmembers = [{}]\n", members.join(", "));
    fs::write(to.join("Cargo.toml"), workspace)?;
    // the very versions that the repository was tested with
    fs::copy(repository.join("Cargo.lock"), to.join("Cargo.lock"))?;
    Ok(crates)
}

/// Both sides have the same dependencies, so that only the actions differ.
fn manifest(package: &str, repository: &Path) -> String {
    format!(
        r#"[package]
name = "{package}"
version = "0.0.0"
edition = "2024"

[dependencies]
actix-web = {{ version = "4.18", default-features = false, features = ["macros"] }}
forest-actions = {{ path = {path:?} }}
serde = {{ version = "1", default-features = false, features = ["std", "derive"] }}
"#,
        path = repository.join("forest-actions"),
    )
}

/// What all actions of a crate share.
fn library(side: Side, count: usize) -> Outcome<String> {
    let mut text = String::from(match side {
        Side::Form | Side::Serde => "#![allow(missing_docs)]\n",
        Side::Forest => {
            r#"#![allow(missing_docs)]

use forest_actions::prelude::*;

pub struct Accounts;

impl Accounts {
    pub fn charge(&self, action: &str, id: i64, values: &Values) -> Result<String, ActionError> {
        let amount: f64 = values.required("amount")?;
        let note: Option<String> = values.optional("note")?;
        Ok(format!("{action}: {id} charged ${amount:.2} {}", note.unwrap_or_default()))
    }
}
"#
        }
        Side::Post => {
            r#"#![allow(missing_docs)]

use actix_web::{Error, HttpResponse};

pub struct Accounts;

impl Accounts {
    pub fn charge(&self, action: &str, id: i64, values: &Charge) -> Result<String, Error> {
        let note = values.note.as_deref().unwrap_or_default();
        Ok(format!("{action}: {id} charged ${:.2} {note}", values.amount))
    }
}

#[derive(serde::Deserialize)]
pub struct Charge {
    pub amount: f64,
    pub note: Option<String>,
}

#[derive(serde::Serialize)]
struct Success {
    success: String,
}

pub fn success(success: String) -> HttpResponse {
    HttpResponse::Ok().json(Success { success })
}
"#
        }
    });
    for first in (0..count).step_by(PER_MODULE) {
        writeln!(text, "\npub mod actions_{first};")?;
    }
    if side == Side::Post {
        writeln!(
            text,
            "\npub fn configure(config: &mut actix_web::web::ServiceConfig) {{"
        )?;
        for first in (0..count).step_by(PER_MODULE) {
            writeln!(text, "    actions_{first}::configure(config);")?;
        }
        writeln!(text, "    let _ = config;\n}}")?;
    }
    Ok(text)
}

/// Forms of ten fields each: numbers, texts and optional numbers in turn.
fn forms(side: Side, numbers: std::ops::Range<usize>) -> Outcome<String> {
    let derive = match side {
        Side::Form => "use forest_actions::prelude::*;\n\n#[derive(ActionForm)]",
        _ => "use serde::Deserialize;\n\n#[derive(Deserialize)]",
    };
    let (imports, derive) = derive.split_once("\n\n").unwrap_or_default();
    let mut text = format!("{imports}\n");
    for first in numbers.clone().step_by(PER_FORM) {
        writeln!(text, "\n{derive}\npub struct Form{first} {{")?;
        for number in first..numbers.end.min(first + PER_FORM) {
            let kind = ["f64", "String", "Option<i64>"]
                .get(number % 3)
                .copied()
                .unwrap_or("f64");
            writeln!(text, "    pub field_{number}: {kind},")?;
        }
        text.push_str("}\n");
    }
    Ok(text)
}

fn module(side: Side, numbers: std::ops::Range<usize>) -> Outcome<String> {
    if matches!(side, Side::Form | Side::Serde) {
        return forms(side, numbers);
    }
    let mut text = String::from(match side {
        Side::Forest => "use crate::Accounts;\nuse forest_actions::prelude::*;\n",
        _ => "use crate::{Accounts, Charge, success};\nuse actix_web::{Error, HttpResponse, post, web};\n",
    });
    for number in numbers.clone() {
        text.push_str(&match side {
            Side::Forest => format!(
                r#"
#[smart_action(collection = "companies", name = "Charge {number}", kind = "single")]
pub async fn charge_{number}(id: RecordId<i64>, accounts: web::Data<Accounts>, values: Values) -> ActionResult {{
    Ok(success(accounts.charge("Charge {number}", *id, &values)?))
}}
"#
            ),
            _ => format!(
                r#"
#[post("/companies/{{id}}/charge-{number}")]
pub async fn charge_{number}(
    id: web::Path<i64>,
    accounts: web::Data<Accounts>,
    values: web::Json<Charge>,
) -> Result<HttpResponse, Error> {{
    Ok(success(accounts.charge("Charge {number}", *id, &values)?))
}}
"#
            ),
        });
    }
    if side == Side::Post {
        text.push_str("\npub fn configure(config: &mut web::ServiceConfig) {\n");
        for number in numbers {
            writeln!(text, "    config.service(charge_{number});")?;
        }
        text.push_str("}\n");
    }
    Ok(text)
}
