//! The peak of a process that reads one selection and does nothing else. Linux only: the kernel counts it.

use std::process::Command;

use forest_actions_benchmarks::Outcome;

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
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return Ok("not known".to_owned());
    };
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    Ok(kib.map_or_else(|| "not known".to_owned(), |kib| format!("{:.1}", kib / 1_024.0)))
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
