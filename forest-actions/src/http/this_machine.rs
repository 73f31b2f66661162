//! Checks that a request comes from the machine that the program runs on, for local mode and the local page.

use std::fmt;
use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header;

/// Headers that proxies add.
const FORWARDED: [&str; 5] = ["forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip"];

/// Prefixes of headers that proxies add.
const FORWARDED_FAMILIES: [&str; 3] = ["x-forwarded-", "x-original-", "cf-"];

/// The reasons why a request is not local; at least one of them holds.
#[derive(Debug)]
pub(crate) struct NotThisMachine {
    bound_to: IpAddr,
    peer: Option<IpAddr>,
    is_forwarded: bool,
    is_foreign_host: bool,
}

impl fmt::Display for NotThisMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            bound_to,
            peer,
            is_forwarded,
            is_foreign_host,
        } = self;
        write!(
            f,
            "bound_to={bound_to} peer={peer:?} is_forwarded={is_forwarded} is_foreign_host={is_foreign_host}"
        )
    }
}

/// Requires that the request was sent from this machine, to a loopback address and name.
pub(crate) fn require_this_machine(req: &HttpRequest) -> Result<(), NotThisMachine> {
    let bound_to = req.app_config().local_addr().ip();
    let peer = req.peer_addr().map(|peer| peer.ip());
    let is_remote = !bound_to.is_loopback() || peer.is_some_and(|peer| !peer.to_canonical().is_loopback());
    // a proxy on this machine has a loopback address, and DNS rebinding gives a foreign page one
    let headers = req.headers();
    let is_forwarded = headers.keys().any(|name| is_of_a_proxy(name.as_str()));
    let is_foreign_host = headers
        .get(header::HOST)
        .is_some_and(|host| !host.to_str().is_ok_and(is_local_host));
    if is_remote || is_forwarded || is_foreign_host {
        return Err(NotThisMachine {
            bound_to,
            peer,
            is_forwarded,
            is_foreign_host,
        });
    }
    Ok(())
}

/// Recognises the headers that only proxies send. A proxy that adds none of them is not detected.
fn is_of_a_proxy(name: &str) -> bool {
    FORWARDED.contains(&name) || FORWARDED_FAMILIES.iter().any(|family| name.starts_with(family))
}

fn is_local_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').unwrap_or_default(),
        None => host.split_at(host.rfind(':').unwrap_or(host.len())),
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    if !port.is_empty() && !port.strip_prefix(':').is_some_and(is_port) {
        return false;
    }
    name == "127.0.0.1"
        || name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
