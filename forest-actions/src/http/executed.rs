//! The signed requests that have run, so that none runs twice in this process.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::request::{Digest, RequestError};

/// Maximum number of signed requests: about 50 MB. Those that have expired are dropped first.
const CAPACITY: usize = 1_000_000;

/// The signed requests that have run with success, or are running.
pub(super) struct Executed {
    requests: Mutex<HashMap<Digest, State>>,
    capacity: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    /// Forgotten after this time, in seconds since the epoch.
    Done(Option<u64>),
}

/// A signed request that runs. It may run again unless it succeeds.
pub(super) struct Execution {
    executed: Arc<Executed>,
    digest: Digest,
    expires: Option<u64>,
    has_succeeded: bool,
}

impl Default for Executed {
    fn default() -> Self {
        Self {
            requests: Mutex::default(),
            capacity: CAPACITY,
        }
    }
}

impl Executed {
    /// Begins the execution of a signed request at `now`, in seconds since the epoch.
    ///
    /// # Errors
    /// 409 for one that runs or has run, 503 when no more can be remembered.
    pub(super) fn begin(
        self: &Arc<Self>,
        digest: Digest,
        expires: Option<u64>,
        now: u64,
    ) -> Result<Execution, RequestError> {
        let mut requests = self.requests();
        if requests.len() >= self.capacity {
            requests.retain(|_, state| !matches!(state, State::Done(Some(until)) if *until <= now));
        }
        let is_full = requests.len() >= self.capacity;
        match requests.entry(digest) {
            Entry::Occupied(entry) => match entry.get() {
                State::Running => return Err(RequestError::ApprovalRunning),
                State::Done(_) => return Err(RequestError::ApprovalExecuted),
            },
            Entry::Vacant(_) if is_full => return Err(RequestError::TooManyApprovals),
            Entry::Vacant(entry) => entry.insert(State::Running),
        };
        Ok(Execution {
            executed: Arc::clone(self),
            digest,
            expires,
            has_succeeded: false,
        })
    }

    /// No code panics while it holds the lock.
    fn requests(&self) -> MutexGuard<'_, HashMap<Digest, State>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Execution {
    pub(super) fn succeeded(mut self) {
        self.has_succeeded = true;
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        let mut requests = self.executed.requests();
        if self.has_succeeded {
            requests.insert(self.digest, State::Done(self.expires));
        } else {
            requests.remove(&self.digest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn app_07_a_full_memory_drops_what_has_expired_and_then_refuses() {
        let executed = Arc::new(Executed {
            requests: Mutex::default(),
            capacity: 2,
        });
        let begin = |digest: u8, expires, now| executed.begin([digest; 16], expires, now);
        begin(1, Some(100), 0).ok().unwrap().succeeded();
        begin(2, None, 0).ok().unwrap().succeeded();
        assert!(matches!(begin(3, None, 99), Err(RequestError::TooManyApprovals)));
        assert!(matches!(begin(2, None, 99), Err(RequestError::ApprovalExecuted)));
        assert!(begin(3, None, 100).is_ok());
        assert!(matches!(begin(2, None, 100), Err(RequestError::ApprovalExecuted)));
    }
}
