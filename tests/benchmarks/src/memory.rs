//! The memory of this process, as the kernel counts it; only on Linux.

use crate::Outcome;

/// A line of `/proc/self/status`, in MiB: `VmRSS` is the resident memory, `VmHWM` its peak.
pub fn memory(line: &str) -> Outcome<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|known| known.starts_with(line));
    let kib: f64 = line
        .and_then(|line| line.split_whitespace().nth(1))
        .ok_or("the kernel does not tell")?
        .parse()?;
    Ok(kib / 1_024.0)
}
