//! The peak of a process that reads one selection and does nothing else. Linux only: the kernel counts it.

use std::process::Command;

use forest_actions_benchmarks::{Outcome, memory};

use crate::database::Database;
use crate::sides;

/// Reads everything once, and gives the largest resident memory so far, in MiB.
pub(crate) async fn peak(url: &str, is_plain: bool) -> Outcome<String> {
    let database = Database::open(url).await?;
    if is_plain {
        sides::plain(&database).await?;
    } else {
        sides::selection(&database).await?;
    }
    Ok(memory("VmHWM").map_or_else(|_| "not known".to_owned(), |peak| format!("{peak:.1}")))
}

/// The same in a process of its own.
pub(crate) fn peak_of_a_process(url: &str, side: &str) -> Outcome<String> {
    let output = Command::new(std::env::current_exe()?)
        .args(["--peak-of", url, "--side", side])
        .output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}
