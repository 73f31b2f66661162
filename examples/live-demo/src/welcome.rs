//! The first screen: what runs, where things are, who one can be, and one line to paste.

use std::fmt::Write as _;
use std::net::SocketAddr;

use forest_actions::{Environment, Forest};

use crate::database::Database;
use crate::settings::{PEOPLE, Settings};

/// Makes the text.
///
/// # Errors
/// What the database answers when asked for a company that is not live.
pub(crate) async fn screen(
    settings: &Settings,
    address: SocketAddr,
    forest: &Forest,
    db: &Database,
) -> anyhow::Result<String> {
    let url = format!("http://{address}");
    let mut text = String::new();
    // writing into a String cannot fail
    let _ = writeln!(
        text,
        "\nforest-actions live demo: {} Smart Actions on {} collections, {}",
        forest.actions().len(),
        forest.schema().collections.len(),
        if forest.is_local() {
            "in local mode (no account, this machine only)"
        } else {
            "in connected mode (an environment secret is set)"
        }
    );
    if forest.environment() == Environment::Development && address.ip().is_loopback() {
        let _ = writeln!(text, "\n  Open {url} and press a button.");
    }
    let _ = writeln!(text, "\n  Agent      {url}/forest   (answers that it is running)");
    let _ = writeln!(text, "  Schema     {}", absolute(forest.schema_path()));
    let _ = writeln!(text, "  Database   {}", db.described());
    let _ = writeln!(
        text,
        "  Tour       examples/live-demo/README.md has a curl line for every action"
    );
    if forest.is_local() {
        local(&mut text, settings, &url, forest, db).await?;
    } else {
        let _ = writeln!(
            text,
            "\n  This version does not ask the Forest server for permissions yet: until it does, protected actions\n  \
             are refused to everybody (403). Unset FOREST_ENV_SECRET to try them in local mode."
        );
    }
    let _ = writeln!(text, "\nStop with Ctrl-C. Calls are logged below.\n");
    Ok(text)
}

async fn local(
    text: &mut String,
    settings: &Settings,
    url: &str,
    forest: &Forest,
    db: &Database,
) -> anyhow::Result<()> {
    let _ = writeln!(
        text,
        "\n  Be one of them (cargo run -q -p live-demo -- token --user ID prints a token):"
    );
    for person in PEOPLE {
        let name = format!("{} {}", person.first, person.last);
        let _ = writeln!(text, "    {}  {name:<14} {:<11} {}", person.id, person.role, person.may);
    }
    let company: Option<(i64, String)> =
        sqlx::query_as("SELECT id, name FROM companies WHERE status <> 'live' ORDER BY id LIMIT 1")
            .fetch_optional(db.pool())
            .await?;
    let Some((id, name)) = company else {
        let _ = writeln!(
            text,
            "\n  Every company is live: the tour begins with a fresh database."
        );
        return Ok(());
    };
    let token = forest.local_token(1)?;
    let _ = writeln!(
        text,
        "\n  Try it, as Ada: run \"Mark as Live\" on company {id}, {name}:\n\n\
         curl -X POST {url}/forest/actions/mark-as-live \\\n  \
         -H 'Content-Type: application/json' \\\n  \
         -H 'Authorization: Bearer {token}' \\\n  \
         -d '{{\"data\":{{\"attributes\":{{\"collection_name\":\"companies\",\"ids\":[\"{id}\"],\"values\":{{}}}}}}}}'"
    );
    if settings.port == 0 {
        let _ = writeln!(
            text,
            "\n  PORT is 0, so the system chose the port: it is another one next time."
        );
    }
    Ok(())
}

fn absolute(path: &std::path::Path) -> String {
    std::path::absolute(path)
        .unwrap_or_else(|_| path.to_owned())
        .display()
        .to_string()
}
