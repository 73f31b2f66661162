//! The command line. A few words and options: a parser library would be longer than what it saves.

use std::ffi::OsString;

use crate::database::MOST_ROWS;

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Run the server, connected to a fake Forest server or as the environment says.
    Serve { with_fake_forest: bool },
    /// Print the schema.
    Schema,
    /// Print a session token for a user of local mode.
    Token { user: u64 },
    /// Add companies until there are so many.
    Seed { rows: i64 },
    /// Look for what is wrong, and say why this user can or cannot run this action.
    Doctor { question: Option<Question> },
    /// Print [`USAGE`].
    Help,
}

/// Whether a user can run an action.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) user: u64,
    pub(crate) collection: String,
    pub(crate) action: String,
}

pub(crate) const USAGE: &str = "\
The live demo of forest-actions: a small company's back office.

Usage: live-demo [COMMAND]

Commands:
  (none)             serve on http://127.0.0.1:3310; creates and fills the database on the first start
  schema             print .forestadmin-schema.json to standard output
  token [--user ID]  print a session token, valid for one hour, for a user of local mode (default: 1)
  doctor [--user ID --action 'COLLECTION: NAME']
                     say what is wrong, and why this user can or cannot run this action; changes nothing,
                     exits with 1 when there is a problem
  seed --rows N      add companies until there are N of them, at most 1000000; a server may go on meanwhile

Options:
  --with-fake-forest serve connected, to a Forest server of the demo's own: roles, approvals and logins without an account
  -h, --help         print this text

Environment, all of it optional:
  HOST                 the address to listen on [127.0.0.1]; local mode takes loopback addresses only
  PORT                 the port to listen on [3310]
  DATABASE_URL         sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE [sqlite://target/live-demo.sqlite]
  FOREST_AUTH_SECRET   signs session tokens [a fixed value, in local mode only]
  FOREST_ENV_SECRET    the environment's secret; without it the demo runs in local mode, without an account
  FOREST_SERVER_URL    the Forest server [https://api.forestadmin.com]
  APPLICATION_URL      the public URL of this program [http://HOST:PORT]
  CORS_ORIGINS         further origins that may call it, comma separated
  FOREST_SCHEMA_PATH   where the schema file goes [.forestadmin-schema.json]
  RUST_LOG             what is logged to standard error
";

/// The user of `token` without `--user`: an administrator.
const DEFAULT_USER: u64 = 1;

/// Reads the arguments after the program's name.
///
/// # Errors
/// What cannot be understood, in words for the user.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let arguments: Vec<String> = arguments
        .into_iter()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if words.iter().any(|word| matches!(*word, "-h" | "--help")) {
        return Ok(Command::Help);
    }
    match words.as_slice() {
        [] => Ok(Command::Serve {
            with_fake_forest: false,
        }),
        ["--with-fake-forest"] => Ok(Command::Serve { with_fake_forest: true }),
        ["--with-fake-forest", rest, ..] => Err(format!("unexpected argument `{rest}` after `--with-fake-forest`")),
        ["help"] => Ok(Command::Help),
        ["schema"] => Ok(Command::Schema),
        ["token"] => Ok(Command::Token { user: DEFAULT_USER }),
        ["token", "--user"] => Err("`--user` needs the id of a user".to_owned()),
        ["token", "--user", id] => user(id),
        ["token", option] => match option.strip_prefix("--user=") {
            Some(id) => user(id),
            None => Err(format!("unknown argument `{option}`")),
        },
        ["doctor", options @ ..] => doctor(options),
        ["seed"] | ["seed", "--rows"] => Err("`seed` needs `--rows` and a number of companies".to_owned()),
        ["seed", "--rows", number] => rows(number),
        ["seed", option] => match option.strip_prefix("--rows=") {
            Some(number) => rows(number),
            None => Err(format!("unknown argument `{option}`")),
        },
        [known @ ("schema" | "token" | "seed"), .., last] => {
            Err(format!("unexpected argument `{last}` after `{known}`"))
        }
        [unknown, ..] => Err(format!("unknown command `{unknown}`")),
    }
}

fn user(id: &str) -> Result<Command, String> {
    user_id(id).map(|user| Command::Token { user })
}

fn user_id(id: &str) -> Result<u64, String> {
    id.parse()
        .map_err(|_| format!("`{id}` is not the id of a user: it is a number"))
}

/// The options of `doctor`, in any order, each as two words or with `=`.
fn doctor(options: &[&str]) -> Result<Command, String> {
    let (mut user, mut action) = (None, None);
    let mut words = options.iter().copied();
    while let Some(word) = words.next() {
        let (option, value) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (word, None),
        };
        let place = match option {
            "--user" => &mut user,
            "--action" => &mut action,
            _ => return Err(format!("unknown argument `{word}`")),
        };
        match value.or_else(|| words.next()) {
            None => return Err(format!("`{option}` needs a value")),
            Some(_) if place.is_some() => return Err(format!("`{option}` is given twice")),
            Some(value) => *place = Some(value),
        }
    }
    let question = match (user, action) {
        (None, None) => None,
        (Some(user), Some(action)) => {
            let (collection, action) = action
                .split_once(": ")
                .ok_or_else(|| format!("`{action}` names no action: write \"customers: Charge credit card\""))?;
            Some(Question {
                user: user_id(user)?,
                collection: collection.trim().to_owned(),
                action: action.trim().to_owned(),
            })
        }
        (Some(_), None) => return Err("`--user` needs `--action` beside it".to_owned()),
        (None, Some(_)) => return Err("`--action` needs `--user` beside it".to_owned()),
    };
    Ok(Command::Doctor { question })
}

fn rows(number: &str) -> Result<Command, String> {
    match number.parse() {
        Ok(rows) if (1..=MOST_ROWS).contains(&rows) => Ok(Command::Seed { rows }),
        _ => Err(format!(
            "`--rows` takes a number from 1 to {MOST_ROWS}, found `{number}`"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn the_commands_are_understood() {
        let serve = |with_fake_forest| Ok(Command::Serve { with_fake_forest });
        assert_eq!((of(""), of("--with-fake-forest")), (serve(false), serve(true)));
        assert_eq!(of("schema"), Ok(Command::Schema));
        assert_eq!(of("token"), Ok(Command::Token { user: 1 }));
        assert_eq!(of("token --user 2"), Ok(Command::Token { user: 2 }));
        assert_eq!(of("token --user=3"), Ok(Command::Token { user: 3 }));
        assert_eq!(of("seed --rows 1000000"), Ok(Command::Seed { rows: 1_000_000 }));
        assert_eq!(of("seed --rows=1"), Ok(Command::Seed { rows: 1 }));
        assert_eq!(of("schema --help"), Ok(Command::Help));
        assert_eq!(of("doctor"), Ok(Command::Doctor { question: None }));
    }

    #[test]
    fn the_doctor_is_asked_about_a_user_and_an_action() {
        let asked = Command::Doctor {
            question: Some(Question {
                user: 2,
                collection: "customers".to_owned(),
                action: "Charge credit card".to_owned(),
            }),
        };
        let action = "customers: Charge credit card";
        for words in [
            vec!["doctor", "--user", "2", "--action", action],
            vec!["doctor", "--action=customers: Charge credit card", "--user=2"],
        ] {
            assert_eq!(parse(words.into_iter().map(OsString::from)).as_ref(), Ok(&asked));
        }
    }

    #[test]
    fn everything_else_is_refused_by_name() {
        for (line, word) in [
            ("serve", "`serve`"),
            ("schema now", "`now`"),
            ("token --users 2", "`2`"),
            ("token --use", "`--use`"),
            ("token --user", "`--user`"),
            ("token --user ada", "`ada`"),
            ("--port 80", "`--port`"),
            ("--with-fake-forest now", "`now`"),
            ("token --with-fake-forest", "`--with-fake-forest`"),
            ("seed", "`--rows`"),
            ("seed --rows", "`--rows`"),
            ("seed --row=5", "`--row=5`"),
            ("seed --rows 0", "`0`"),
            ("seed --rows -5", "`-5`"),
            ("seed --rows 1000001", "`1000001`"),
            ("seed --rows many", "`many`"),
            ("seed 100 --rows", "`--rows`"),
            ("doctor now", "`now`"),
            ("doctor --user", "`--user`"),
            ("doctor --user 2", "`--action`"),
            ("doctor --action a", "`--user`"),
            ("doctor --user ada --action a:", "`a:`"),
            ("doctor --user 2 --user 3", "twice"),
        ] {
            let message = of(line).unwrap_err();
            assert!(message.contains(word), "{line}: {message}");
        }
    }
}
