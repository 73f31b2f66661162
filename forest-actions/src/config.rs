//! The settings of the program: from code, then from the environment, then the defaults; checked once.
//!
//! Secrets are kept in a type whose `Debug` prints nothing, and no message repeats a value that could be one.

mod cors_origin;
mod server;

use std::path::PathBuf;

use chrono_tz::Tz;
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::Error;
use crate::setting::server_url;
use crate::text::nearest;

pub(crate) use cors_origin::CorsOrigin;
pub(crate) use server::{ServerConfig, ServerSettings};

/// Room for a form with large files: they travel in the body as base64.
pub(crate) const DEFAULT_BODY_LIMIT: usize = 50 * 1024 * 1024;

/// Minimum length of the secret of sessions in production, in bytes: a shorter one can be found by trying.
pub(crate) const MIN_AUTH_SECRET: usize = 32;

/// The name of the schema file.
pub(crate) const SCHEMA_FILE: &str = ".forestadmin-schema.json";

/// Where the program runs, which decides whether the schema file is written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// The schema file is written at start.
    Development,
    /// The committed schema file is read and never written.
    Production,
}

/// What a process of the program does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Role {
    /// It serves requests, and carries out runs with [`FOREST_WORKERS`](crate::ForestBuilder::worker_count) workers.
    #[default]
    Web,
    /// It only carries out runs.
    Worker,
}

/// Maximum number of workers of a process.
const MAX_WORKERS: usize = 64;

fn workers(text: &str) -> Result<usize, Error> {
    let workers = text.trim().parse().ok().filter(|workers| *workers <= MAX_WORKERS);
    workers.ok_or_else(|| Error::setting("FOREST_WORKERS", format!("is a number from 0 to {MAX_WORKERS}")))
}

fn role(text: &str) -> Result<Role, Error> {
    match text.trim() {
        "web" => Ok(Role::Web),
        "worker" => Ok(Role::Worker),
        _ => Err(Error::setting("FOREST_ROLE", "is `web` or `worker`")),
    }
}

/// The settings before the check, by code or environment; `None` where not set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) auth_secret: Option<SecretString>,
    pub(crate) env_secret: Option<SecretString>,
    pub(crate) server_url: Option<String>,
    pub(crate) application_url: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) environment: Option<Environment>,
    pub(crate) schema_path: Option<PathBuf>,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) cors: Option<bool>,
    pub(crate) body_limit: Option<usize>,
    pub(crate) schema_file: Option<bool>,
    pub(crate) strict_approvals: bool,
    pub(crate) csv_byte_order_mark: bool,
    pub(crate) trusted_timezone: Option<Tz>,
    pub(crate) workers: Option<usize>,
    pub(crate) role: Option<Role>,
    pub(crate) server: ServerSettings,
    /// Variables of the environment that are probably misspelt, with the meant ones.
    pub(crate) slips: Vec<(String, &'static str)>,
}

/// The settings after they have been checked.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) auth_secret: SecretString,
    /// `None` in local mode.
    pub(crate) env_secret: Option<SecretString>,
    mode: Mode,
    pub(crate) environment: Environment,
    pub(crate) schema_path: PathBuf,
    pub(crate) server_url: String,
    /// Where browsers reach the program, with the prefix in front of `/forest` if there is one.
    pub(crate) application_url: String,
    /// The fixed client of the login; without one the program registers itself.
    pub(crate) client_id: Option<String>,
    /// `None` when the host answers CORS.
    pub(crate) cors_origins: Option<Vec<CorsOrigin>>,
    pub(crate) body_limit: usize,
    /// `false`: the schema file is neither read nor written.
    pub(crate) schema_file: bool,
    /// Refuses an approval whose action has an id of an unknown form.
    pub(crate) strict_approvals: bool,
    pub(crate) csv_byte_order_mark: bool,
    /// The zone of scopes and conditions; `None` for that of the caller.
    pub(crate) trusted_timezone: Option<Tz>,
    /// Workers of runs in this process.
    pub(crate) workers: usize,
    pub(crate) role: Role,
    /// The Forest server, and what depends on it.
    pub(crate) server: ServerConfig,
    /// Variables of the environment that are probably misspelt, with the meant ones.
    pub(crate) slips: Vec<(String, &'static str)>,
}

/// The mode of the program, which follows from the environment secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Connected,
    Local,
}

/// The variables of the environment that settings are read from.
const VARIABLES: [&str; 19] = [
    "APPLICATION_URL",
    "CORS_ORIGINS",
    "FOREST_AUTH_SECRET",
    "FOREST_BODY_LIMIT",
    "FOREST_CLIENT_ID",
    "FOREST_CORS_DEACTIVATED",
    "FOREST_DISABLE_AUTO_SCHEMA_APPLY",
    "FOREST_ENVIRONMENT",
    "FOREST_ENV_SECRET",
    "FOREST_INSTANT_CACHE_REFRESH",
    "FOREST_PERMISSIONS_EXPIRATION_IN_SECONDS",
    "FOREST_REQUEST_TIMEOUT",
    "FOREST_ROLE",
    "FOREST_SCHEMA_DIR",
    "FOREST_SCHEMA_PATH",
    "FOREST_SERVER_URL",
    "FOREST_TRUSTED_PROXIES",
    "FOREST_URL",
    "FOREST_WORKERS",
];

/// The variables that are probably misspelt: those of the agent's prefix that are near a known one. A program may have others of its
/// own.
pub(crate) fn slips(names: impl Iterator<Item = String>) -> Vec<(String, &'static str)> {
    let unknown = names.filter(|name| name.starts_with("FOREST_") && !VARIABLES.contains(&name.as_str()));
    let mut slips: Vec<_> = unknown
        .filter_map(|name| {
            let meant = nearest(&name, VARIABLES)?;
            Some((name, meant))
        })
        .collect();
    slips.sort_unstable();
    slips
}

impl Settings {
    /// The path of the schema file.
    pub(crate) fn schema_path(&self) -> PathBuf {
        self.schema_path.clone().unwrap_or_else(|| PathBuf::from(SCHEMA_FILE))
    }

    /// Reads the environment through `get`, so that tests need not touch the real one.
    pub(crate) fn from_env(get: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        // a secret that was meant to be there must not turn a connected program into one that trusts its callers
        if get("FOREST_ENV_SECRET").is_some_and(|secret| secret.trim().is_empty()) {
            return Err(Error::setting(
                "FOREST_ENV_SECRET",
                "is set but blank: give it its value, or unset it for local mode",
            ));
        }
        let get = |name: &str| get(name).filter(|value| !value.trim().is_empty());
        let environment = match get("FOREST_ENVIRONMENT").as_deref() {
            None => None,
            Some("development" | "dev") => Some(Environment::Development),
            Some("production" | "prod") => Some(Environment::Production),
            Some(_) => return Err(Error::setting("FOREST_ENVIRONMENT", "is `development` or `production`")),
        };
        let body_limit = get("FOREST_BODY_LIMIT")
            .map(|text| {
                text.trim()
                    .parse()
                    .map_err(|_| Error::setting("FOREST_BODY_LIMIT", "is a number of bytes"))
            })
            .transpose()?;
        // any other text counts as yes, as in the agents that have this variable
        let deactivated = get("FOREST_CORS_DEACTIVATED")
            .is_some_and(|text| !matches!(text.trim().to_ascii_lowercase().as_str(), "false" | "0" | "no"));
        let schema_path = get("FOREST_SCHEMA_PATH")
            .map(PathBuf::from)
            .or_else(|| get("FOREST_SCHEMA_DIR").map(|dir| PathBuf::from(dir).join(SCHEMA_FILE)));
        Ok(Self {
            auth_secret: get("FOREST_AUTH_SECRET").map(SecretString::from),
            env_secret: get("FOREST_ENV_SECRET").map(|secret| SecretString::from(secret.trim())),
            server_url: get("FOREST_URL").or_else(|| get("FOREST_SERVER_URL")),
            application_url: get("APPLICATION_URL"),
            client_id: get("FOREST_CLIENT_ID").map(|id| id.trim().to_owned()),
            environment,
            slips: Vec::new(),
            schema_path,
            cors_origins: get("CORS_ORIGINS").map(|list| split_list(&list)).unwrap_or_default(),
            cors: deactivated.then_some(false),
            body_limit,
            schema_file: None,
            strict_approvals: false,
            csv_byte_order_mark: false,
            trusted_timezone: None,
            workers: get("FOREST_WORKERS").map(|text| workers(&text)).transpose()?,
            role: get("FOREST_ROLE").map(|text| role(&text)).transpose()?,
            server: ServerSettings::from_env(get)?,
        })
    }

    /// Checks everything.
    ///
    /// # Errors
    /// [`Error::Setting`] naming the first setting that is missing or malformed, never its value when it is a secret.
    pub(crate) fn check(self) -> Result<Config, Error> {
        let schema_path = self.schema_path();
        let mode = match &self.env_secret {
            None if self.environment == Some(Environment::Production) => {
                return Err(Error::setting(
                    "FOREST_ENV_SECRET",
                    "is missing: without it the program would run in local mode, which is never for production",
                ));
            }
            None => Mode::Local,
            Some(_) if cfg!(not(feature = "server")) => {
                return Err(Error::setting(
                    "FOREST_ENV_SECRET",
                    "is set, and this program was built without the feature `server` of forest-actions, which talks to Forest Admin",
                ));
            }
            Some(secret) if is_env_secret(secret.expose_secret()) => Mode::Connected,
            Some(_) => {
                return Err(Error::setting(
                    "FOREST_ENV_SECRET",
                    "is malformed: it has 64 characters from 0-9 and a-f; copy it again from the settings of your environment",
                ));
            }
        };
        let auth_secret = match (self.auth_secret, mode) {
            (Some(secret), _) => secret,
            // the sessions end with the process, so no other program needs the secret
            (None, Mode::Local) => random_secret(),
            (None, Mode::Connected) => {
                return Err(Error::setting(
                    "FOREST_AUTH_SECRET",
                    "is missing: set it to a long random text of your own",
                ));
            }
        };
        let environment = match mode {
            Mode::Local => Environment::Development,
            Mode::Connected => self.environment.unwrap_or_else(built_for),
        };
        let env_secret = self.env_secret.as_ref().map(|secret| secret.expose_secret());
        check_auth_secret(auth_secret.expose_secret(), env_secret, environment)?;
        let server_url = http_url(server_url!(), self.server_url, "https://api.forestadmin.com")?;
        let application_url = http_url("APPLICATION_URL", self.application_url, "http://localhost:3310")?;
        let cors_origins = self
            .cors_origins
            .iter()
            .map(|entry| {
                CorsOrigin::parse(entry).map_err(|problem| Error::setting("CORS_ORIGINS", problem.to_string()))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let body_limit = self.body_limit.unwrap_or(DEFAULT_BODY_LIMIT);
        if body_limit == 0 {
            return Err(Error::setting("FOREST_BODY_LIMIT", "cannot be 0"));
        }
        Ok(Config {
            auth_secret,
            env_secret: self.env_secret,
            mode,
            environment,
            schema_path,
            slips: self.slips,
            server_url,
            application_url,
            client_id: self.client_id,
            cors_origins: self.cors.unwrap_or(true).then_some(cors_origins),
            body_limit,
            schema_file: self.schema_file.unwrap_or(true),
            strict_approvals: self.strict_approvals,
            csv_byte_order_mark: self.csv_byte_order_mark,
            trusted_timezone: self.trusted_timezone,
            workers: self.workers.unwrap_or(1).min(MAX_WORKERS),
            role: self.role.unwrap_or_default(),
            server: self.server.check()?,
        })
    }
}

impl Config {
    pub(crate) fn is_local(&self) -> bool {
        self.mode == Mode::Local
    }

    /// Returns `false` for an environment secret that does not have the format of Forest Admin's.
    pub(crate) fn has_usual_env_secret(&self) -> bool {
        let secret = self.env_secret.as_ref().map_or("", |secret| secret.expose_secret());
        secret.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }
}

fn check_auth_secret(secret: &str, env_secret: Option<&str>, environment: Environment) -> Result<(), Error> {
    let problem = if secret.is_empty() {
        "is empty".to_owned()
    } else if env_secret == Some(secret.trim()) {
        "is the same as FOREST_ENV_SECRET, which Forest Admin knows: set it to a long random text of your own"
            .to_owned()
    } else if environment == Environment::Production && secret.len() < MIN_AUTH_SECRET {
        format!(
            "is shorter than {MIN_AUTH_SECRET} bytes, so that one session token is enough to find it by trying: set it to a long random text \
             of your own"
        )
    } else {
        return Ok(());
    };
    Err(Error::setting("FOREST_AUTH_SECRET", problem))
}

/// Without a word about it, a program built with optimisations is one for production.
fn built_for() -> Environment {
    if cfg!(debug_assertions) {
        Environment::Development
    } else {
        Environment::Production
    }
}

/// The comma separated entries of a list, without blanks.
fn split_list(list: &str) -> Vec<String> {
    list.split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Some agents take any 64 characters, so others than these are a warning of the start's; they travel in a header, so
/// they have to be visible.
fn is_env_secret(secret: &str) -> bool {
    secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_graphic())
}

fn random_secret() -> SecretString {
    SecretString::from(format!(
        "{}{}",
        uuid::Uuid::new_v4().simple(),
        uuid::Uuid::new_v4().simple()
    ))
}

/// An absolute `http(s)` URL without its trailing slash.
fn http_url(name: &'static str, value: Option<String>, default: &str) -> Result<String, Error> {
    let value = value.unwrap_or_else(|| default.to_owned());
    match url::Url::parse(value.trim()) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
            Ok(value.trim().trim_end_matches('/').to_owned())
        }
        _ => Err(Error::setting(
            name,
            format!("must be an absolute http or https URL, such as {default}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENV_SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn of(pairs: &[(&str, &str)]) -> Result<Config, Error> {
        let get = |name: &str| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Settings::from_env(get)?.check()
    }

    fn refusal(pairs: &[(&str, &str)]) -> String {
        of(pairs).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_misspelt_variable_is_named_with_the_meant_one() {
        let names = [
            "FOREST_AUTH_SECERT",
            "FOREST_URL",
            "FOREST_TEST_NO_SKIP",
            "FORREST_URL",
            "FOREST_ENVIROMENT",
        ];
        assert_eq!(
            slips(names.map(str::to_owned).into_iter()),
            [
                ("FOREST_AUTH_SECERT".to_owned(), "FOREST_AUTH_SECRET"),
                ("FOREST_ENVIROMENT".to_owned(), "FOREST_ENVIRONMENT")
            ]
        );
    }

    #[test]
    fn without_an_environment_secret_the_mode_is_local() {
        let config = of(&[]);
        assert!(config.as_ref().is_ok_and(Config::is_local));
        assert!(
            config
                .is_ok_and(|c| c.auth_secret.expose_secret().len() == 64 && c.environment == Environment::Development)
        );
    }

    #[test]
    fn sch_12_a_malformed_environment_secret_is_refused_without_printing_it() {
        for bad in ["abc", &ENV_SECRET.replace('0', " "), &format!("{ENV_SECRET}0")] {
            let text = refusal(&[("FOREST_ENV_SECRET", bad), ("FOREST_AUTH_SECRET", "x")]);
            assert!(text.contains("64 characters") && !text.contains(bad), "{text}");
        }
        for (secret, is_usual) in [(ENV_SECRET, true), (&ENV_SECRET.to_uppercase(), false)] {
            let config = of(&[("FOREST_ENV_SECRET", secret), ("FOREST_AUTH_SECRET", "x")]);
            assert!(config.is_ok_and(|c| !c.is_local() && c.has_usual_env_secret() == is_usual));
        }
        assert!(refusal(&[("FOREST_ENV_SECRET", ENV_SECRET)]).contains("FOREST_AUTH_SECRET is missing"));
    }

    #[test]
    fn a_blank_secret_or_a_production_without_one_is_never_local_mode() {
        assert!(refusal(&[("FOREST_ENV_SECRET", " ")]).contains("blank"));
        assert!(refusal(&[("FOREST_ENV_SECRET", "")]).contains("blank"));
        assert!(refusal(&[("FOREST_ENVIRONMENT", "production")]).contains("FOREST_ENV_SECRET is missing"));
    }

    #[test]
    fn a_short_secret_of_sessions_is_refused_in_production_and_a_shared_one_everywhere() {
        let with = |secret: &str, environment: &str| {
            refusal(&[
                ("FOREST_ENV_SECRET", ENV_SECRET),
                ("FOREST_AUTH_SECRET", secret),
                ("FOREST_ENVIRONMENT", environment),
            ])
        };
        let long = "x".repeat(32);
        for (secret, environment, problem) in [
            ("x", "production", "shorter than 32 bytes"),
            (&long[1..], "production", "shorter than 32 bytes"),
            (ENV_SECRET, "production", "the same as FOREST_ENV_SECRET"),
            (ENV_SECRET, "development", "the same as FOREST_ENV_SECRET"),
        ] {
            let text = with(secret, environment);
            assert!(
                text.contains(problem) && !text.contains(ENV_SECRET),
                "{secret} {environment}: {text}"
            );
        }
        assert!(with(&format!(" {ENV_SECRET}\n"), "development").contains("the same as"));
        assert_eq!(with("x", "development"), "");
        assert_eq!(with(&long, "production"), "");
    }

    #[test]
    fn secrets_never_show_in_debug() {
        let config = of(&[("FOREST_ENV_SECRET", ENV_SECRET), ("FOREST_AUTH_SECRET", "hunter2")]);
        let text = format!("{config:?}");
        assert!(!text.contains("hunter2") && !text.contains(ENV_SECRET), "{text}");
    }

    #[test]
    fn malformed_settings_name_themselves() {
        for (name, value) in [
            ("FOREST_ENVIRONMENT", "staging"),
            ("FOREST_BODY_LIMIT", "50MB"),
            ("FOREST_SERVER_URL", "api.forestadmin.com"),
            ("APPLICATION_URL", "ftp://x"),
            ("CORS_ORIGINS", "https://a.example,*"),
        ] {
            assert!(refusal(&[(name, value)]).contains(name), "{name}");
        }
        assert!(refusal(&[("FOREST_BODY_LIMIT", "0")]).contains("FOREST_BODY_LIMIT cannot be 0"));
    }

    #[test]
    fn lists_are_trimmed_and_the_first_url_name_wins() {
        let config = of(&[
            ("CORS_ORIGINS", " https://a.example , ,b.example:8080"),
            ("FOREST_URL", "https://one.example/"),
            ("FOREST_SERVER_URL", "https://two.example"),
            ("FOREST_SCHEMA_DIR", "/srv/app"),
        ]);
        assert!(config.is_ok_and(|c| c.cors_origins.as_ref().map(Vec::len) == Some(2)
            && c.server_url == "https://one.example"
            && c.schema_path == PathBuf::from("/srv/app").join(SCHEMA_FILE)));
    }
}
