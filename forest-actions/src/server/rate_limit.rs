//! The rate limit of calls to the Forest server, so that no client of the agent can flood it.

use std::time::Duration;

use tokio::time::Instant;

/// Allows `burst` calls at once, then one in each `period`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RateLimit {
    pub(crate) burst: u32,
    pub(crate) period: Duration,
}

impl RateLimit {
    pub(crate) const DEFAULT: Self = Self {
        burst: 10,
        period: Duration::from_secs(1),
    };
}

/// The part of a [`RateLimit`] that is used up.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    full_again_at: Option<Instant>,
}

impl Budget {
    /// Takes one call out of the budget.
    ///
    /// # Errors
    /// The time until a call is free; the budget is then left as it was.
    pub(crate) fn take(&mut self, limit: RateLimit, now: Instant) -> Result<(), Duration> {
        let debt = self
            .full_again_at
            .map_or(Duration::ZERO, |moment| moment.saturating_duration_since(now));
        let allowed = limit.period.saturating_mul(limit.burst.saturating_sub(1));
        if debt > allowed {
            return Err(debt - allowed);
        }
        self.full_again_at = now.checked_add(debt.saturating_add(limit.period));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burst_is_allowed_at_once_then_one_call_per_period() {
        let limit = RateLimit {
            burst: 2,
            period: Duration::from_secs(10),
        };
        let mut budget = Budget::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(budget.take(limit, at(0)), Ok(()));
        assert_eq!(budget.take(limit, at(0)), Ok(()));
        assert_eq!(budget.take(limit, at(0)), Err(Duration::from_secs(10)));
        assert_eq!(budget.take(limit, at(4)), Err(Duration::from_secs(6)));
        assert_eq!(budget.take(limit, at(10)), Ok(()));
        assert_eq!(budget.take(limit, at(10)), Err(Duration::from_secs(10)));
        // a long pause fills the budget up to the burst
        assert_eq!(
            [0, 0, 0].map(|_| budget.take(limit, at(1_000)).is_ok()),
            [true, true, false]
        );
    }

    #[test]
    fn zero_period_is_unlimited() {
        let limit = RateLimit {
            burst: 1,
            period: Duration::ZERO,
        };
        let mut budget = Budget::default();
        assert!((0..100).all(|_| budget.take(limit, Instant::now()).is_ok()));
    }
}
