//! How often the Forest server may be asked the same thing.
//!
//! A budget that fills again with time: some calls at once, then one a period. It counts calls and knows nothing
//! of them; `shared_fetch`, `ip_rules` and the login ask it, so that no caller of the agent can make it hammer the server.

use std::time::Duration;

use tokio::time::Instant;

/// A budget.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// So many calls at once.
    pub(crate) burst: u32,
    /// Then one in this time.
    pub(crate) period: Duration,
}

impl Pace {
    /// For permissions: ten at once, then one a second.
    pub(crate) const PERMISSIONS: Self = Self {
        burst: 10,
        period: Duration::from_secs(1),
    };
    /// For IP rules: a rule that lets somebody in holds within a second, however many were refused before.
    pub(crate) const IP_RULES: Self = Self::PERMISSIONS;
    /// For what the login needs before anybody can log in: ten at once, then one a second.
    pub(crate) const LOGIN: Self = Self::PERMISSIONS;
}

/// What has been spent.
#[derive(Debug, Default)]
pub(crate) struct Spent {
    /// When all of it will be paid back.
    until: Option<Instant>,
}

impl Spent {
    /// Spends one call.
    ///
    /// # Errors
    /// How long to wait when nothing is left; nothing is spent then.
    pub(crate) fn take(&mut self, pace: Pace, now: Instant) -> Result<(), Duration> {
        let debt = self
            .until
            .map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        let allowed = pace.period.saturating_mul(pace.burst.saturating_sub(1));
        if debt > allowed {
            return Err(debt - allowed);
        }
        self.until = now.checked_add(debt.saturating_add(pace.period));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_calls_at_once_then_one_a_period() {
        let pace = Pace {
            burst: 2,
            period: Duration::from_secs(10),
        };
        let mut spent = Spent::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(spent.take(pace, at(0)), Ok(()));
        assert_eq!(spent.take(pace, at(0)), Ok(()));
        assert_eq!(spent.take(pace, at(0)), Err(Duration::from_secs(10)));
        assert_eq!(spent.take(pace, at(4)), Err(Duration::from_secs(6)));
        assert_eq!(spent.take(pace, at(10)), Ok(()));
        assert_eq!(spent.take(pace, at(10)), Err(Duration::from_secs(10)));
        // a long rest fills the budget and no more
        assert_eq!(
            [0, 0, 0].map(|_| spent.take(pace, at(1_000)).is_ok()),
            [true, true, false]
        );
    }

    #[test]
    fn a_period_of_zero_is_no_limit() {
        let pace = Pace {
            burst: 1,
            period: Duration::ZERO,
        };
        let mut spent = Spent::default();
        assert!((0..100).all(|_| spent.take(pace, Instant::now()).is_ok()));
    }
}
