//! A program that ends with the test, however the test ends.
//!
//! A test may be killed, so nothing of its own can tidy up. A shell starts the program and waits until the pipe from here is
//! closed, which the operating system does in any case; then it ends the program and everything that was started with the
//! test's directory in its arguments, and removes the directory.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// `$1`: the directory; `$2`: where the program's errors go; then the program and its arguments.
const SHELL: &str = r#"
# what ^C stops is the test
trap : HUP INT PIPE TERM
directory=$1 errors=$2
shift 2
"$@" </dev/null 2>"$errors" &
program=$!
exec 1>&-
cat >/dev/null
kill -KILL "$program" 2>/dev/null
wait "$program" 2>/dev/null
if [ "$directory" ]; then
  pkill -KILL -f -- "$directory"
  rm -rf "$directory"
fi
"#;

/// A running program; it is ended when this is dropped.
#[derive(Debug)]
pub struct Watched {
    shell: Child,
    output: BufReader<ChildStdout>,
    errors: PathBuf,
}

impl Watched {
    /// Starts a program with these arguments and variables, in the working directory `folder`. Its errors go into the file
    /// `errors`. With `removed`, that directory goes when the program does.
    ///
    /// # Panics
    /// When there is no shell.
    pub fn start(command: &Command, folder: &Path, errors: &Path, removed: Option<&Path>) -> Self {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SHELL, "sh"]);
        shell.arg(removed.unwrap_or(Path::new(""))).arg(errors);
        shell.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        let mut shell = shell
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let output = BufReader::new(shell.stdout.take().expect("its output"));
        Self {
            shell,
            output,
            errors: errors.to_owned(),
        }
    }

    /// Reads the program's output up to a line for which `found` has an answer.
    ///
    /// # Panics
    /// When the output ends before.
    pub fn said<T>(&mut self, found: impl Fn(&str) -> Option<T>) -> T {
        let mut said = String::new();
        loop {
            let mut line = String::new();
            let length = self.output.read_line(&mut line).expect("readable output");
            assert!(length > 0, "the program said only {said:?}, and {:?}", self.errors());
            if let Some(found) = found(line.trim_end()) {
                return found;
            }
            said.push_str(&line);
        }
    }

    /// What the program has written to its errors so far.
    #[must_use]
    pub fn errors(&self) -> String {
        std::fs::read_to_string(&self.errors).unwrap_or_default()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // it ends by itself now
        let _ = self.shell.wait();
    }
}
