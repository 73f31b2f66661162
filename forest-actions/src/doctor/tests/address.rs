use super::super::Topic;
use super::super::address::{AddressFacts, findings, mount};
use super::{about, lines};
use crate::config::Environment;
use crate::server::{OwnAddress, Preflight, UI};

fn facts() -> AddressFacts {
    AddressFacts {
        environment: Environment::Production,
        callback: "https://admin.example.com/api/forest/authentication/callback".to_owned(),
        answer: OwnAddress::Agent,
        preflight: Some(preflight()),
        origins: Some(Vec::new()),
    }
}

fn preflight() -> Preflight {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Preflight {
        status: 204,
        origins: owned(&[UI]),
        credentials: true,
        methods: owned(&["get", "post"]),
        headers: owned(&["authorization", "content-type"]),
    }
}

#[test]
fn a_valid_address_has_two_ok_findings() {
    assert_eq!(
        lines(&findings(&facts())),
        [
            "ok address: https://admin.example.com/api/forest/authentication/callback is the login's callback; an agent answers \
             there",
            "ok CORS: a pre-flight of https://app.forestadmin.com passes; answered by the agent; no origins besides the vendor's",
        ]
    );
    assert_eq!(
        mount(&facts().callback).map(String::from).as_deref(),
        Some("https://admin.example.com/api/forest")
    );
}

#[test]
fn aut_03_an_address_is_judged_by_whether_browsers_can_use_it() {
    use Environment::{Development, Production};
    let nothing = || OwnAddress::Nothing("Connection refused".to_owned());
    for (environment, address, answer, expected) in [
        (
            Production,
            "http://admin.example.com",
            OwnAddress::Agent,
            "PROBLEM address: http://admin",
        ),
        (
            Development,
            "http://192.168.0.7:3310",
            OwnAddress::Agent,
            "PROBLEM address: http://192",
        ),
        (
            Production,
            "http://localhost:3310",
            OwnAddress::Agent,
            "warning address: http://localhost:3310",
        ),
        (
            Development,
            "http://localhost:3310",
            OwnAddress::Agent,
            "ok address: http://localhost:3310",
        ),
        (Development, "http://127.0.0.1:3310", OwnAddress::Agent, "ok address"),
        (Development, "http://[::1]:3310", OwnAddress::Agent, "ok address"),
        (
            Production,
            "https://a.example",
            OwnAddress::Other(404),
            "warning address: at https://a.example/forest status 404 comes from something else than an agent",
        ),
        (
            Production,
            "https://a.example",
            nothing(),
            "warning address: nothing answers at https://a.example/forest from here (Connection refused)",
        ),
    ] {
        let facts = AddressFacts {
            environment,
            callback: format!("{address}/forest/authentication/callback"),
            answer,
            ..facts()
        };
        let line = about(&findings(&facts), Topic::Address);
        assert!(line.starts_with(expected), "{line}");
    }
}

#[test]
fn net_05_a_pre_flight_fails_with_one_cause() {
    let with = |change: fn(&mut Preflight)| {
        let mut preflight = preflight();
        change(&mut preflight);
        preflight
    };
    for (preflight, cause) in [
        (with(|it| it.status = 404), "status 404"),
        (with(|it| it.status = 302), "status 302"),
        (with(|it| it.origins.clear()), "the origin is not allowed"),
        (
            with(|it| it.origins = vec!["*".to_owned()]),
            "another origin is allowed, `*`",
        ),
        (
            with(|it| it.origins.push(UI.to_owned())),
            "the origin is allowed twice: more than one program answers CORS",
        ),
        (with(|it| it.credentials = false), "credentials are not allowed"),
        (
            with(|it| it.methods = vec!["get".to_owned()]),
            "POST is not allowed, only `get`",
        ),
        (
            with(|it| it.headers = vec!["content-type".to_owned()]),
            "the header authorization is not allowed",
        ),
    ] {
        let facts = AddressFacts {
            preflight: Some(preflight),
            ..facts()
        };
        assert_eq!(
            about(&findings(&facts), Topic::Cors),
            format!("PROBLEM CORS: a pre-flight of {UI} fails: {cause}")
        );
    }
}

#[test]
fn net_03_further_origins_are_listed_and_bounded() {
    let many: Vec<String> = (0..7).map(|number| format!("https://{number}.example")).collect();
    for (origins, expected) in [
        (None, "ok CORS: left to the host application (not tried)"),
        (
            Some(many),
            "ok CORS: answered by the agent; further origins: https://0.example, https://1.example, https://2.example, \
             https://3.example and 3 more (not tried)",
        ),
    ] {
        let facts = AddressFacts {
            preflight: None,
            origins,
            ..facts()
        };
        assert_eq!(about(&findings(&facts), Topic::Cors), expected);
    }
}
