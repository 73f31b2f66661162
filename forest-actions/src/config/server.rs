//! The settings of everything that talks to the Forest server, or depends on what it says.
//!
//! Part of the configuration: read and checked with it, once. The start hands the values on.

use std::time::Duration;

use ipnet::IpNet;

use crate::error::Error;
use crate::ip::address_or_subnet;
use crate::text::excerpt;

const LIFETIME: &str = "FOREST_PERMISSIONS_EXPIRATION_IN_SECONDS";
const REQUEST_TIMEOUT: &str = "FOREST_REQUEST_TIMEOUT";
const NO_UPLOAD: &str = "FOREST_DISABLE_AUTO_SCHEMA_APPLY";
const EVENTS: &str = "FOREST_INSTANT_CACHE_REFRESH";
const PROXIES: &str = "FOREST_TRUSTED_PROXIES";

const DEFAULT_LIFETIME: i64 = 900;
/// Below this, each second request would ask the server (PER-06).
const SHORTEST_LIFETIME: i64 = 60;
const LONGEST_LIFETIME: i64 = 365 * 24 * 60 * 60;
const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// The upload of a schema has at least this long (SCH-09).
const SCHEMA_TIMEOUT: Duration = Duration::from_secs(30);
/// A browser gives up before.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(120);
/// The number of records that the Forest server accepts for an approval (APP-06).
const DEFAULT_APPROVAL_CAP: usize = 500;
/// As many ids as a request may name, since an approved one names all of them.
const LARGEST_APPROVAL_CAP: usize = 100_000;

/// The settings before the check; `None` where not set.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerSettings {
    /// Seconds; any number, put right by the check.
    pub(crate) permissions_lifetime: Option<i64>,
    pub(crate) approval_cap: Option<usize>,
    pub(crate) request_timeout: Option<Duration>,
    pub(crate) schema_timeout: Option<Duration>,
    pub(crate) schema_upload: Option<bool>,
    pub(crate) events: Option<bool>,
    pub(crate) trusted_proxies: Option<Vec<String>>,
}

/// The settings after they have been checked.
#[derive(Debug, Clone)]
pub(crate) struct ServerConfig {
    pub(crate) permissions_lifetime: Duration,
    /// In records (APP-06).
    pub(crate) approval_cap: usize,
    pub(crate) request_timeout: Duration,
    pub(crate) schema_timeout: Duration,
    pub(crate) schema_upload: bool,
    pub(crate) events: bool,
    /// The proxies whose forwarding headers are believed.
    pub(crate) trusted_proxies: Vec<IpNet>,
}

impl ServerSettings {
    /// Reads the environment through `get`, which gives no blank values.
    pub(super) fn from_env(get: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let number = |name: &'static str, unit: &str| {
            let parsed = get(name).map(|text| text.trim().parse::<i64>());
            parsed
                .transpose()
                .map_err(|_| Error::setting(name, format!("is a whole number of {unit}")))
        };
        let flag = |name: &'static str| get(name).map(|text| parse_flag(name, &text)).transpose();
        let request_timeout = match number(REQUEST_TIMEOUT, "milliseconds")? {
            None => None,
            Some(milliseconds) => Some(
                u64::try_from(milliseconds)
                    .map(Duration::from_millis)
                    .map_err(|_| Error::setting(REQUEST_TIMEOUT, "cannot be negative"))?,
            ),
        };
        Ok(Self {
            permissions_lifetime: number(LIFETIME, "seconds")?,
            approval_cap: None,
            request_timeout,
            schema_timeout: None,
            schema_upload: flag(NO_UPLOAD)?.map(|disabled| !disabled),
            events: flag(EVENTS)?,
            trusted_proxies: get(PROXIES).map(|list| super::split_list(&list)),
        })
    }

    /// Checks everything. A lifetime out of bounds is put right with a warning (PER-06).
    pub(super) fn check(self) -> Result<ServerConfig, Error> {
        let asked = self.permissions_lifetime.unwrap_or(DEFAULT_LIFETIME);
        let lifetime = asked.clamp(SHORTEST_LIFETIME, LONGEST_LIFETIME);
        if lifetime != asked {
            tracing::warn!(
                asked,
                used = lifetime,
                "permissions are kept for {SHORTEST_LIFETIME} seconds at least and a year at most"
            );
        }
        let approval_cap = self.approval_cap.unwrap_or(DEFAULT_APPROVAL_CAP);
        if !(1..=LARGEST_APPROVAL_CAP).contains(&approval_cap) {
            return Err(Error::setting(
                "approval_cap",
                format!("is between 1 and {LARGEST_APPROVAL_CAP} records"),
            ));
        }
        let request_timeout = self.request_timeout.unwrap_or(DEFAULT_REQUEST_TIMEOUT);
        let schema_timeout = self.schema_timeout.unwrap_or(SCHEMA_TIMEOUT.max(request_timeout));
        for (name, timeout) in [(REQUEST_TIMEOUT, request_timeout), ("schema_timeout", schema_timeout)] {
            if timeout.is_zero() || timeout > LONGEST_TIMEOUT {
                let longest = LONGEST_TIMEOUT.as_millis();
                return Err(Error::setting(name, format!("is between 1 and {longest} milliseconds")));
            }
        }
        let trusted_proxies = self
            .trusted_proxies
            .unwrap_or_default()
            .iter()
            .map(|entry| {
                address_or_subnet(entry).map_err(|problem| {
                    let entry = excerpt(entry, 60);
                    Error::setting(
                        PROXIES,
                        format!("has `{entry}`: {problem}; it lists addresses and subnets, such as 10.0.0.0/8"),
                    )
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(ServerConfig {
            permissions_lifetime: Duration::from_secs(lifetime.unsigned_abs()),
            approval_cap,
            request_timeout,
            schema_timeout,
            schema_upload: self.schema_upload.unwrap_or(true),
            events: self.events.unwrap_or(false),
            trusted_proxies,
        })
    }
}

/// Yes or no, in the usual words (SCH-05).
fn parse_flag(name: &'static str, text: &str) -> Result<bool, Error> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(Error::setting(name, "is `true` or `false`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<ServerConfig, Error> {
        let get = |name: &str| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        ServerSettings::from_env(get)?.check()
    }

    fn refusal(name: &str, value: &str) -> String {
        of(&[(name, value)])
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn per_06_a_lifetime_that_is_zero_negative_or_tiny_is_raised() {
        for (text, seconds) in [
            ("0", 60),
            ("-5", 60),
            ("59", 60),
            ("61", 61),
            (" 900 ", 900),
            ("99999999999", 31_536_000),
        ] {
            let config = of(&[(LIFETIME, text)]).expect(text);
            assert_eq!(config.permissions_lifetime, Duration::from_secs(seconds), "{text}");
        }
        assert_eq!(of(&[]).expect("default").permissions_lifetime, Duration::from_secs(900));
        assert!(refusal(LIFETIME, "15 minutes").contains(LIFETIME));
    }

    #[test]
    fn sch_05_the_upload_is_switched_off_by_any_usual_word() {
        assert!(of(&[]).expect("default").schema_upload);
        for (text, upload) in [
            ("true", false),
            ("1", false),
            ("yes", false),
            ("ON", false),
            (" True ", false),
            ("false", true),
            ("0", true),
            ("No", true),
            ("off", true),
        ] {
            assert_eq!(of(&[(NO_UPLOAD, text)]).expect(text).schema_upload, upload, "{text}");
        }
        assert!(refusal(NO_UPLOAD, "maybe").contains(NO_UPLOAD));
    }

    #[test]
    fn sch_09_every_call_has_a_timeout_and_the_schema_a_longer_one() {
        let seconds = |pairs: &[(&str, &str)]| {
            let config = of(pairs).expect("valid");
            (config.request_timeout.as_secs(), config.schema_timeout.as_secs())
        };
        assert_eq!(seconds(&[]), (10, 30));
        assert_eq!(seconds(&[(REQUEST_TIMEOUT, "5000")]), (5, 30));
        assert_eq!(seconds(&[(REQUEST_TIMEOUT, "40000")]), (40, 40));
        for text in ["0", "-1", "10s", "120001"] {
            assert!(refusal(REQUEST_TIMEOUT, text).contains(REQUEST_TIMEOUT), "{text}");
        }
    }

    #[test]
    fn net_06_trusted_proxies_are_addresses_and_subnets() {
        assert!(of(&[]).expect("default").trusted_proxies.is_empty());
        let config = of(&[(PROXIES, "127.0.0.1, 10.0.0.0/8 ,::1")]).expect("list");
        assert_eq!(config.trusted_proxies.len(), 3);
        for text in ["proxy.internal", "10.0.0.0/99", "*"] {
            assert!(refusal(PROXIES, text).contains(PROXIES), "{text}");
        }
    }

    #[test]
    fn events_are_an_option() {
        assert!(!of(&[]).expect("default").events);
        assert!(of(&[(EVENTS, "true")]).expect("on").events);
    }
}
