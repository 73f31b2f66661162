//! The command line.

use clap::{Args, Parser, Subcommand};

use crate::database::MOST_ROWS;

/// The live demo of forest-actions: a small company's back office.
///
/// Without a command it serves on http://127.0.0.1:3310, and creates and fills the database on the first start.
#[derive(Debug, Parser, PartialEq, Eq)]
#[command(name = "live-demo", args_conflicts_with_subcommands = true, after_help = ENVIRONMENT)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Serve connected, to a Forest server of the demo's own: roles, approvals and logins without an account
    #[arg(long)]
    pub(crate) with_fake_forest: bool,
}

#[derive(Debug, Subcommand, PartialEq, Eq)]
pub(crate) enum Command {
    /// Print .forestadmin-schema.json to standard output
    Schema,
    /// Print a session token of local mode, valid for one hour
    Token {
        /// The id of the user; 1 is an administrator
        #[arg(long, value_name = "ID", default_value_t = 1)]
        user: u64,
    },
    /// List what is wrong, and explain whether a user can run an action; changes nothing, exits with 1 on a problem
    Doctor {
        #[command(flatten)]
        question: Option<Question>,
    },
    /// Add companies until there are N of them; a server may go on meanwhile
    Seed {
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=MOST_ROWS))]
        rows: i64,
    },
}

/// Whether a user can run an action.
#[derive(Debug, Args, PartialEq, Eq)]
pub(crate) struct Question {
    #[arg(long, value_name = "ID", requires = "action", required = false)]
    pub(crate) user: u64,
    /// As in "customers: Charge credit card"
    #[arg(long, value_name = "COLLECTION: NAME", requires = "user", required = false, value_parser = action_name)]
    pub(crate) action: ActionName,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActionName {
    pub(crate) collection: String,
    pub(crate) name: String,
}

const ENVIRONMENT: &str = "\
Environment, all of it optional:
  HOST                 the address to listen on [127.0.0.1]; local mode takes loopback addresses only
  PORT                 the port to listen on [3310]
  DATABASE_URL         sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE [sqlite://target/live-demo.sqlite]
  FOREST_AUTH_SECRET   signs session tokens [a fixed value, in local mode only]
  FOREST_ENV_SECRET    the environment's secret; without it the demo runs in local mode, without an account
  FOREST_AUDIT         strict, normal or off: how runs of actions are recorded [normal]
  FOREST_SERVER_URL    the Forest server [https://api.forestadmin.com]
  APPLICATION_URL      the public URL of this program [http://HOST:PORT]
  CORS_ORIGINS         further origins that may call it, comma separated
  FOREST_SCHEMA_PATH   where the schema file goes [.forestadmin-schema.json]
  RUST_LOG             what is logged to standard error";

fn action_name(text: &str) -> Result<ActionName, &'static str> {
    let (collection, name) = text
        .split_once(": ")
        .ok_or("expected a collection and a name, as in \"customers: Charge credit card\"")?;
    Ok(ActionName {
        collection: collection.trim().to_owned(),
        name: name.trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(["live-demo"].into_iter().chain(words))
    }

    fn command(line: &str) -> Option<Command> {
        parse(line.split_whitespace()).unwrap().command
    }

    #[test]
    fn commands_are_parsed() {
        assert_eq!(command(""), None);
        assert!(parse(["--with-fake-forest"]).unwrap().with_fake_forest);
        assert_eq!(command("schema"), Some(Command::Schema));
        assert_eq!(command("token"), Some(Command::Token { user: 1 }));
        assert_eq!(command("token --user 2"), Some(Command::Token { user: 2 }));
        assert_eq!(command("token --user=3"), Some(Command::Token { user: 3 }));
        assert_eq!(command("seed --rows 1000000"), Some(Command::Seed { rows: 1_000_000 }));
        assert_eq!(command("seed --rows=1"), Some(Command::Seed { rows: 1 }));
        assert_eq!(command("doctor"), Some(Command::Doctor { question: None }));
        let help = parse(["schema", "--help"]).unwrap_err();
        assert_eq!(help.exit_code(), 0);
    }

    #[test]
    fn the_doctor_takes_a_user_and_an_action() {
        let expected = Command::Doctor {
            question: Some(Question {
                user: 2,
                action: ActionName {
                    collection: "customers".to_owned(),
                    name: "Charge credit card".to_owned(),
                },
            }),
        };
        let action = "customers: Charge credit card";
        for words in [
            vec!["doctor", "--user", "2", "--action", action],
            vec!["doctor", "--action=customers: Charge credit card", "--user=2"],
        ] {
            assert_eq!(parse(words).unwrap().command.as_ref(), Some(&expected));
        }
    }

    #[test]
    fn unknown_arguments_are_rejected_by_name() {
        for (line, word) in [
            ("serve", "'serve'"),
            ("schema now", "'now'"),
            ("token --users 2", "'--users'"),
            ("token --use", "'--use'"),
            ("token --user", "'--user <ID>'"),
            ("token --user ada", "'ada'"),
            ("--port 80", "'--port'"),
            ("--with-fake-forest now", "'now'"),
            ("token --with-fake-forest", "'--with-fake-forest'"),
            ("seed", "--rows"),
            ("seed --rows", "'--rows <N>'"),
            ("seed --row=5", "'--row'"),
            ("seed --rows 0", "0"),
            ("seed --rows=-5", "-5"),
            ("seed --rows 1000001", "1000001"),
            ("seed --rows many", "'many'"),
            ("seed 100 --rows", "'100'"),
            ("doctor now", "'now'"),
            ("doctor --user", "'--user <ID>'"),
            ("doctor --user 2", "--action"),
            ("doctor --action a:b", "'a:b'"),
            ("doctor --user ada --action a:", "'ada'"),
            ("doctor --user 2 --user 3", "cannot be used multiple times"),
        ] {
            let error = parse(line.split_whitespace()).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{line}");
            assert!(error.to_string().contains(word), "{line}: {error}");
        }
        let error = parse(["doctor", "--action", "customers: Charge credit card"]).unwrap_err();
        assert!(error.to_string().contains("--user"), "{error}");
    }
}
