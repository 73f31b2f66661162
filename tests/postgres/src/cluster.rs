//! A temporary PostgreSQL server, removed when the process ends.
//!
//! A test process may be killed and cannot clean up, so a shell does: it starts the server, waits until its pipe is
//! closed, which the operating system does at any exit of this process, then stops the server and removes its
//! directory.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Trusted without a password, and only on this machine.
pub(super) const SUPERUSER: &str = "postgres";

/// The data need not survive a crash, and many tests run concurrently. There is no socket in the file system.
const CONFIGURATION: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
timezone = 'UTC'
";

/// `$1`: directory of the programs; `$2`: parent of the data directory; then the server's user, its settings, and ports
/// to try.
///
/// Prints the port, or a dash and the error. Texts are ordered by code point, in a locale with full case mapping; where
/// the operating system lacks one, PostgreSQL 17 and later have their own.
const SHELL: &str = r#"
# what ^C stops is the tests, and that nobody listens any more is no reason to stop
trap : HUP INT PIPE TERM
programs=$1 user=$3 settings=$4
directory=$(mktemp -d "$2/forest-postgres-XXXXXX" 2>&1) || { echo "- $directory"; exit 1; }
cd "$directory"
shift 4

initialise() {
  "$programs/initdb" --auth=trust --encoding=UTF8 --no-sync --username="$user" --pgdata=data "$@" </dev/null >>log 2>&1
}
control() { "$programs/pg_ctl" --pgdata=data --wait "$@" </dev/null >>log 2>&1; }

started=
if initialise --locale=C.UTF-8 || initialise --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8; then
  printf '%s' "$settings" >>data/postgresql.conf
  for port; do
    control --options="-p $port" --log=log start && started=$port && break
  done
fi
if [ "$started" ]; then
  echo "$started"
  cat >/dev/null
  control --mode=immediate stop
else
  echo -
  cat log
fi
cd / && rm -rf "$directory"
"#;

/// Makes and starts a server with these programs, and gives its port.
pub(super) fn start(programs: &Path) -> Result<u16, String> {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", SHELL, "sh"]).arg(programs).arg(std::env::temp_dir());
    shell.args([SUPERUSER, CONFIGURATION]);
    shell.args(free_ports().map_err(|error| format!("there is no free port: {error}"))?);
    // no settings of other servers, and English messages
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            shell.env_remove(name);
        }
    }
    shell.env("LC_ALL", "C").current_dir("/");
    if let Some((user, group)) = unprivileged()? {
        // the standard library drops the other groups too
        shell.uid(user).gid(group);
    }
    let said = watched(shell).map_err(|error| format!("no shell can be started: {error}"))?;
    let port = said.trim().parse();
    port.map_err(|_| format!("a temporary server did not start: {said}"))
}

/// Several ports that are free now: until one is taken, another process may take it.
fn free_ports() -> io::Result<Vec<String>> {
    let bind = |_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let listeners = (0..5).map(bind).collect::<Result<Vec<_>, _>>()?;
    let port = |listener: &TcpListener| Ok(listener.local_addr()?.port().to_string());
    listeners.iter().map(port).collect()
}

/// The user and group to run the server as, when this is root: PostgreSQL refuses to run as root.
fn unprivileged() -> Result<Option<(u32, u32)>, String> {
    let number = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse::<u32>().ok()
    };
    if number(&["-u"]) != Some(0) {
        return Ok(None);
    }
    let user = ["postgres", "nobody"]
        .iter()
        .find_map(|name| Some((number(&["-u", name])?, number(&["-g", name])?)));
    user.map(Some)
        .ok_or_else(|| "a server cannot run as root, and there is no user `postgres` or `nobody`".to_owned())
}

/// Starts the shell, and waits for its output: a port, or a dash and the error.
fn watched(mut shell: Command) -> io::Result<String> {
    let mut shell = shell
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    let mut said = String::new();
    if let Some(output) = shell.stdout.take() {
        let mut output = BufReader::new(output);
        output.read_line(&mut said)?;
        if said.starts_with('-') {
            output.read_to_string(&mut said)?;
        }
    }
    // the pipe to the shell stays open as long as this process lives
    std::mem::forget(shell.stdin.take());
    Ok(said)
}
