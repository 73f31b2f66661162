//! Findings about the program's own address: the login's callback, the answer there, CORS.

use url::Url;

use super::finding::{Finding, Topic};
use super::screen::some_of;
use crate::config::Environment;
use crate::server::{OwnAddress, Preflight, UI};
use crate::text::excerpt;

#[derive(Debug)]
pub(super) struct AddressFacts {
    pub(super) environment: Environment,
    /// The address that the login redirects to.
    pub(super) callback: String,
    pub(super) answer: OwnAddress,
    /// `None` when it was not sent or not answered.
    pub(super) preflight: Option<Preflight>,
    /// The additional origins; `None` when the host application answers CORS.
    pub(super) origins: Option<Vec<String>>,
}

/// The agent's mount point, derived from the callback below it.
pub(super) fn mount(callback: &str) -> Option<Url> {
    Url::parse(callback.strip_suffix("/authentication/callback")?).ok()
}

pub(super) fn findings(facts: &AddressFacts) -> Vec<Finding> {
    vec![address(facts), cors(facts)]
}

fn address(facts: &AddressFacts) -> Finding {
    const SET: &str = "set APPLICATION_URL to the address under which browsers reach this program";
    let callback = excerpt(&facts.callback, 200);
    let url = Url::parse(&facts.callback).ok();
    let is_secure = url.as_ref().is_some_and(|url| url.scheme() == "https");
    let is_here = url.as_ref().is_some_and(is_loopback);
    if !is_secure && !is_here {
        return Finding::problem(
            Topic::Address,
            format!("{callback} is neither https nor on localhost, so browsers keep the back office from calling it"),
            "serve the program over https, and set APPLICATION_URL to that address",
        );
    }
    if is_here && facts.environment == Environment::Production {
        return Finding::warning(
            Topic::Address,
            format!("{callback} is on localhost in production: only browsers on this machine can log in"),
            SET,
        );
    }
    match &facts.answer {
        OwnAddress::Agent => Finding::ok(
            Topic::Address,
            format!("{callback} is the login's callback; an agent answers there"),
        ),
        OwnAddress::Other(status) => Finding::warning(
            Topic::Address,
            format!(
                "at {} status {status} comes from something else than an agent",
                without_login(&callback)
            ),
            "check APPLICATION_URL with its path prefix, and where the proxy in front sends `/forest`",
        ),
        OwnAddress::Nothing(cause) => Finding::warning(
            Topic::Address,
            format!(
                "nothing answers at {} from here ({})",
                without_login(&callback),
                excerpt(cause, 200)
            ),
            "start the program; if it runs, check APPLICATION_URL and the proxy in front of it",
        ),
    }
}

fn without_login(callback: &str) -> &str {
    callback.strip_suffix("/authentication/callback").unwrap_or(callback)
}

fn cors(facts: &AddressFacts) -> Finding {
    let whose = match &facts.origins {
        None => "left to the host application".to_owned(),
        Some(origins) if origins.is_empty() => "answered by the agent; no origins besides the vendor's".to_owned(),
        Some(origins) => format!("answered by the agent; further origins: {}", some_of(origins, 4)),
    };
    let Some(preflight) = &facts.preflight else {
        return Finding::ok(Topic::Cors, format!("{whose} (not tried)"));
    };
    let problem = |text: String| {
        let advice = match &facts.origins {
            None => "let the host's CORS allow that page with credentials, or leave CORS to the agent",
            Some(_) => "let the proxy or the host pass OPTIONS on to the agent, and add no CORS headers of its own",
        };
        Finding::problem(Topic::Cors, text, advice)
    };
    match broken(preflight) {
        Some(cause) => problem(format!("a pre-flight of {UI} fails: {cause}")),
        None => Finding::ok(Topic::Cors, format!("a pre-flight of {UI} passes; {whose}")),
    }
}

/// The reason why a browser rejects the answer.
fn broken(preflight: &Preflight) -> Option<String> {
    let quoted = |texts: &[String]| excerpt(&texts.join(", "), 100);
    if !(200..300).contains(&preflight.status) {
        return Some(format!("status {}", preflight.status));
    }
    match preflight.origins.as_slice() {
        [] => return Some("the origin is not allowed".to_owned()),
        [origin] if origin == UI => {}
        [origin] => return Some(format!("another origin is allowed, `{}`", excerpt(origin, 100))),
        _ => return Some("the origin is allowed twice: more than one program answers CORS".to_owned()),
    }
    if !preflight.credentials {
        return Some("credentials are not allowed".to_owned());
    }
    if !preflight.methods.iter().any(|method| method == "post") {
        return Some(format!("POST is not allowed, only `{}`", quoted(&preflight.methods)));
    }
    let is_missing = |name: &&str| !preflight.headers.iter().any(|header| header == name);
    let missing = ["authorization", "content-type"].into_iter().find(is_missing)?;
    Some(format!("the header {missing} is not allowed"))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost") || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
