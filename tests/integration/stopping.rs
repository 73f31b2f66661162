//! `Forest::run` as a program of its own: this binary runs itself, and is sent signals.
#![cfg(unix)]

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use actix_web::{App, HttpServer};
use forest_actions::Forest;
use forest_actions::prelude::*;

/// Set in the child to the runtime that it uses.
const PROGRAM: &str = "FOREST_TEST_PROGRAM";

fn write(line: &str) -> io::Result<()> {
    // not `print!`, which the test harness captures
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush())
}

/// Writes a line when it starts, and answers when it has read one.
#[smart_action(collection = "stopping", name = "Wait for a line", kind = "global")]
async fn wait_for_a_line() -> ActionResult {
    write("started")?;
    let line = web::block(|| io::stdin().lines().next()).await?;
    Ok(success(line.transpose()?.unwrap_or_default()))
}

/// The program of the child; does nothing in the tests' own process.
#[test]
fn program() {
    let serve = async {
        let agent = Forest::builder().schema_file(false).actions(actions![wait_for_a_line]);
        let forest = agent.start().await.unwrap();
        let routes = forest.clone();
        let server = HttpServer::new(move || App::new().configure(routes.routes())).workers(2);
        let server = server.disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let (port, token) = (server.addrs()[0].port(), forest.local_token(1).unwrap());
        write(&format!("\nserves {port} {token}")).unwrap();
        forest.run(server.run(), Duration::from_secs(60)).await.unwrap();
        write("ended").unwrap();
    };
    match std::env::var(PROGRAM).as_deref() {
        Ok("actix") => actix_web::rt::System::new().block_on(serve),
        Ok("tokio") => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(serve);
        }
        _ => {}
    }
}

struct Program {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    port: u16,
    token: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        // after a failed assertion it may still run
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

impl Program {
    fn start(runtime: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "stopping::program", "--nocapture"])
            .env(PROGRAM, runtime)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut program = Self {
            child,
            input,
            output: BufReader::new(output),
            port: 0,
            token: String::new(),
        };
        let line = program.line_with("serves ");
        let (port, token) = line.split_once(' ').unwrap();
        (program.port, program.token) = (port.parse().unwrap(), token.to_owned());
        program
    }

    /// The rest of the next line that begins with this.
    fn line_with(&mut self, start: &str) -> String {
        let lines = self.output.by_ref().lines().map(Result::unwrap);
        let mut rest = lines.filter_map(|line| line.strip_prefix(start).map(str::to_owned));
        rest.next()
            .unwrap_or_else(|| panic!("the program ended without `{start}`"))
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// A running call of the action.
    fn call(&mut self) -> TcpStream {
        let mut stream = self.connect();
        let body = r#"{"data":{"attributes":{}}}"#;
        write!(
            stream,
            "POST /forest/actions/wait-for-a-line HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )
        .unwrap();
        self.line_with("started");
        stream
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Returns when the program has begun to stop: it is no longer ready.
    fn until_it_stops(mut probe: TcpStream) {
        loop {
            write!(
                probe,
                "GET /forest/healthcheck/ready HTTP/1.1\r\nhost: localhost\r\n\r\n"
            )
            .unwrap();
            let mut answer = BufReader::new(&mut probe).lines().map(Result::unwrap);
            let status = answer.next().unwrap();
            if status.contains(" 503 ") {
                return;
            }
            assert!(status.contains(" 200 "), "{status}");
            answer.find(String::is_empty);
        }
    }
}

#[test]
fn evt_09_a_signal_ends_the_program_gracefully_and_running_calls_are_answered() {
    for runtime in ["actix", "tokio"] {
        for signal in ["TERM", "INT"] {
            let mut program = Program::start(runtime);
            let probe = program.connect();
            let mut call = program.call();
            program.signal(signal);
            Program::until_it_stops(probe);
            writeln!(program.input, "done").unwrap();
            let mut answer = String::new();
            call.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 "), "{runtime}, {signal}: {answer}");
            assert!(
                answer.ends_with(r#"{"success":"done"}"#),
                "{runtime}, {signal}: {answer}"
            );
            program.line_with("ended");
            assert_eq!(program.child.wait().unwrap().code(), Some(0), "{runtime}, {signal}");
        }
    }
}

#[test]
fn evt_10_a_second_signal_ends_the_program_at_once() {
    let mut program = Program::start("actix");
    let probe = program.connect();
    let mut call = program.call();
    program.signal("INT");
    Program::until_it_stops(probe);
    program.signal("INT");
    let mut answer = String::new();
    // the connection is closed, or reset, before the timeout
    let end = call.read_to_string(&mut answer).map_err(|error| error.kind());
    assert!(
        matches!(end, Ok(0) | Err(io::ErrorKind::ConnectionReset)),
        "{end:?}: {answer}"
    );
    // its runtime waits for the blocked thread, which waits for the line
    writeln!(program.input).unwrap();
    program.line_with("ended");
    assert_eq!(program.child.wait().unwrap().code(), Some(0));
}
