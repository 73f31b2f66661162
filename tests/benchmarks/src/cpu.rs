//! Processors: which one a program runs on, and how much of it a program has used.
//!
//! All of it only works on Linux and quietly does nothing elsewhere: the ratios are then noisier, and the processor time
//! is left out.

use std::time::Duration;

/// Keeps the current thread, and every thread that it starts from now on, on one processor. `true` when it worked.
#[cfg(target_os = "linux")]
#[must_use]
pub fn pin(processor: usize) -> bool {
    let mut set = rustix::thread::CpuSet::new();
    set.set(processor);
    rustix::thread::sched_setaffinity(None, &set).is_ok()
}

/// Keeps the current thread on one processor: only possible on Linux, so never done here.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn pin(_: usize) -> bool {
    false
}

/// The processor time that all threads of a process have used so far.
#[must_use]
pub fn cpu_time(process: u32) -> Option<Duration> {
    let mut total = Duration::ZERO;
    // the process's own `schedstat` covers its main thread only
    for task in std::fs::read_dir(format!("/proc/{process}/task")).ok()? {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        let nanoseconds: u64 = text.split(' ').next()?.parse().ok()?;
        total += Duration::from_nanos(nanoseconds);
    }
    Some(total)
}

/// The processor time of all programs that this one has started and waited for, with theirs.
#[must_use]
pub fn cpu_time_of_children() -> Option<Duration> {
    /// Ticks in a second, whatever the kernel's own clock is.
    const TICKS: f64 = 100.0;
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // the program's name may hold spaces and ends with a parenthesis; the 14th and 15th number after it are the sums
    let (_, numbers) = text.rsplit_once(')')?;
    let ticks: u64 = numbers
        .split_whitespace()
        .skip(13)
        .take(2)
        .map_while(|number| number.parse::<u64>().ok())
        .sum();
    Some(Duration::from_secs_f64(ticks as f64 / TICKS))
}
