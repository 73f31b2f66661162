//! The commands that do not serve, run from a shell: with the settings of a connected program they make no requests and
//! leave no files.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::TcpListener;
use std::process::Command;
use std::{fs, str};

const ENV_SECRET: &str = "00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee";
const AUTH_SECRET: &str = "an-authentication-secret-for-tests-only";

#[test]
fn sch_10_non_server_commands_make_no_requests_and_write_no_files() {
    let server = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    server.set_nonblocking(true).unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    let directory = tempfile::tempdir().unwrap();
    // a connected program has no sessions of its own to give away
    for (command, succeeds, said) in [
        ("schema", true, "\"Generate invoice\""),
        ("token", false, "Forest Admin"),
        ("--help", true, "schema"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_live-demo"))
            .arg(command)
            .current_dir(directory.path())
            .env_clear()
            .env("FOREST_ENV_SECRET", ENV_SECRET)
            .env("FOREST_AUTH_SECRET", AUTH_SECRET)
            .env("FOREST_SERVER_URL", &url)
            .output()
            .unwrap();
        let told = if succeeds { &output.stdout } else { &output.stderr };
        let told = str::from_utf8(told).unwrap();
        assert_eq!(output.status.success(), succeeds, "{command}: {output:?}");
        assert!(told.contains(said), "{command}: {told}");
        // a connection waits here until it is accepted
        assert!(server.accept().is_err(), "{command} has called the server");
        let files: Vec<_> = fs::read_dir(directory.path()).unwrap().collect();
        assert!(files.is_empty(), "{command}: {files:?}");
    }
}
