//! The first screen: addresses, available users, and one command to paste.

use std::fmt::Write as _;
use std::net::SocketAddr;

use forest_actions::testing::FakeForest;
use forest_actions::{Environment, Forest};

use crate::database::Database;
use crate::settings::{PEOPLE, Settings};

/// Makes the text.
///
/// # Errors
/// Database errors while looking for a company that is not live.
pub(crate) async fn screen(
    settings: &Settings,
    address: SocketAddr,
    forest: &Forest,
    fake: Option<&FakeForest>,
    db: &Database,
) -> anyhow::Result<String> {
    let url = format!("http://{address}");
    let mut text = String::new();
    // writing into a String cannot fail
    let _ = writeln!(
        text,
        "\nforest-actions live demo: {} Smart Actions on {} collections, {}",
        forest.actions().len(),
        forest.schema().collections().len(),
        match (forest.is_local(), fake) {
            (true, _) => "in local mode (no account, this machine only)",
            (false, Some(_)) => "connected to a Forest server of its own (no account, this machine only)",
            (false, None) => "in connected mode (an environment secret is set)",
        }
    );
    // people of a real project log in through Forest Admin, and never on this page
    let has_people = forest.is_local() || fake.is_some();
    if has_people && forest.environment() == Environment::Development && address.ip().is_loopback() {
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
    } else if let Some(fake) = fake {
        with_fake_forest(&mut text, &url, fake);
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

/// Steps to try with the fake Forest server, in the order of the story.
fn with_fake_forest(text: &mut String, url: &str, fake: &FakeForest) {
    let server = fake.url();
    let _ = writeln!(
        text,
        "  Forest     {server}   (open it: what each role may do, changed by a click, and the approvals)"
    );
    // Olga: the person of the third step
    let tour = include_str!("fake_tour.txt")
        .replace("{agent}", url)
        .replace("{forest}", server)
        .replace("{env_secret}", &fake.env_secret())
        .replace("{auth_secret}", &fake.auth_secret())
        .replace("{olga}", &fake.user_token(3).sign())
        .replace("{olga_at_forest}", &fake.access_token(3));
    text.push_str(&tour);
}

fn absolute(path: &std::path::Path) -> String {
    std::path::absolute(path)
        .unwrap_or_else(|_| path.to_owned())
        .display()
        .to_string()
}
