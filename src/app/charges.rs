//! What operations are charged before they run, and get back afterwards.

use std::sync::{Mutex, PoisonError};

use super::App;
use super::limits::{Attempt, Named, customer, window};
use crate::error::Refusal;
use crate::tools::rate_limiter::{ReservationId, Window, WindowUsage};
use crate::values::caller::Caller;
use crate::values::ids::UserId;
use crate::values::time::Time;

/// Who pays for an operation: the windows it draws on.
#[derive(Debug, Clone)]
pub struct Payer {
    requests: Named,
    budget: Named,
}

/// What became of the charge for an operation, and how full the payer's windows are now.
#[derive(Debug)]
pub struct Charge {
    /// How full the window of operations is.
    pub requests: WindowUsage,
    /// How full the window of points is.
    pub budget: WindowUsage,
    /// Proof of the charge, or why there is none.
    pub outcome: Result<ReservationId, Refusal>,
    /// The attempt that was reserved with it.
    pub prepaid: Prepaid,
}

/// An attempt that was reserved together with the charge for its operation, in the same round trip, and waits for the
/// field that makes it. Request data.
#[derive(Debug, Default)]
pub struct Prepaid(Mutex<Option<Reserved>>);

#[derive(Debug)]
struct Reserved {
    attempt: Attempt,
    windows: Vec<Named>,
    decided: Result<(), Refusal>,
}

impl Payer {
    /// The user, if the session lives, or for strangers their address. Operations are counted by address in any case.
    #[must_use]
    pub fn of(app: &App, caller: &Caller, user: Option<UserId>) -> Self {
        let customer = customer(caller.address);
        let budget = user.map_or_else(|| format!("budget:address:{customer}"), |user| format!("budget:{user}"));
        Self { requests: requests(app, caller), budget: (budget, app.config.rate_limits.budget) }
    }

    fn windows(&self) -> [Named; 2] {
        [self.requests.clone(), self.budget.clone()]
    }

    fn points(&self, points: u32) -> Window<'_> {
        window(&self.budget).with_weight(points)
    }
}

/// The window of all requests of the caller's address.
fn requests(app: &App, caller: &Caller) -> Named {
    (format!("requests:{}", customer(caller.address)), app.config.rate_limits.requests)
}

impl Prepaid {
    /// What was decided about this attempt. There is one reservation, and it is good for one attempt.
    pub(super) fn spend(&self, attempt: &Attempt) -> Option<Result<(), Refusal>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.take_if(|reserved| reserved.attempt == *attempt).map(|reserved| reserved.decided)
    }

    /// Whether there is a reservation that nobody has used.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// The windows of a reservation that nobody has used.
    fn unused(&self) -> Vec<Named> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        held.filter(|reserved| reserved.decided.is_ok()).map(|reserved| reserved.windows).unwrap_or_default()
    }
}

impl App {
    /// Charges an operation before it runs, one place and so many points, and with the same round trip reserves an
    /// attempt that it will make. A refused attempt is the field's own affair: the charge stands.
    pub async fn charge(&self, payer: &Payer, points: u32, attempt: Option<(Attempt, &Caller)>, now: Time) -> Charge {
        let attempt = attempt.map(|(attempt, caller)| (attempt.windows(caller, &self.config), attempt));
        let own = [window(&payer.requests), payer.points(points)];
        let of_attempt: Vec<_> = attempt.iter().flat_map(|(windows, _)| windows).map(window).collect();
        let charged = self.rate_limiter.attempt(&own, now).await;
        let mut reserved = None;
        if charged.is_granted() {
            reserved = Some(self.rate_limiter.attempt(&of_attempt, now).await);
        }
        let [requests, budget] = charged.usages.first_chunk().copied().unwrap_or_default();
        let prepaid = attempt.zip(reserved).map(|((windows, attempt), taken)| Reserved {
            decided: self.decided(&windows, taken).map(drop),
            attempt,
            windows,
        });
        Charge {
            requests,
            budget,
            outcome: self.decided(&payer.windows(), charged),
            prepaid: Prepaid(Mutex::new(prepaid)),
        }
    }

    /// Reserves an attempt, unless that was done with the charge for its operation: then that decides.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub async fn reserve_once(
        &self,
        attempt: &Attempt,
        prepaid: &Prepaid,
        caller: &Caller,
        now: Time,
    ) -> crate::error::Result<()> {
        match prepaid.spend(attempt) {
            Some(decided) => Ok(decided?),
            None => self.reserve(attempt, caller, now).await,
        }
    }

    /// Counts, on this instance alone, that the database is about to be asked whose session a token belongs to; false where
    /// the address has asked as often as it may ask anything. The charge that follows counts it for all instances, unless
    /// the client goes away in between.
    #[must_use]
    pub fn count_reading(&self, caller: &Caller, now: Time) -> bool {
        let (name, limit) = requests(self, caller);
        self.rate_limiter.attempt_locally(window(&(format!("sessions:{name}"), limit)), now).is_granted()
    }

    /// Charges what a subscription does beside its operation: an event, or a page of the trail that it is going to read.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub async fn charge_points(&self, payer: &Payer, points: u32, now: Time) -> crate::error::Result<ReservationId> {
        let taken = self.rate_limiter.attempt(&[payer.points(points)], now).await;
        Ok(self.decided(std::slice::from_ref(&payer.budget), taken)?)
    }

    /// Counts a request that has no operation among those of its address.
    pub async fn count_request(&self, caller: &Caller, now: Time) -> (WindowUsage, Result<(), Refusal>) {
        let requests = requests(self, caller);
        let taken = self.rate_limiter.attempt(&[window(&requests)], now).await;
        let fill = taken.usages.first().copied().unwrap_or_default();
        (fill, self.decided(&[requests], taken).map(drop))
    }

    /// Why the caller's next request will be refused, if this instance can tell by itself.
    #[must_use]
    pub fn is_full(&self, caller: &Caller, now: Time) -> Option<(WindowUsage, Refusal)> {
        let requests = requests(self, caller);
        let refused = self.rate_limiter.known_refusal(window(&requests), now)?;
        let fill = refused.usages.first().copied().unwrap_or_default();
        Some((fill, self.decided(&[requests], refused).err()?))
    }

    /// What a charge of so many points takes of the budget: not more than there is, and nothing where there is none.
    #[must_use]
    pub fn charged(&self, points: u32) -> u32 {
        points.min(self.config.rate_limits.budget.attempts)
    }

    /// Gives back what an operation was charged and did not use, and the attempt it did not make.
    pub async fn give_back(
        &self,
        payer: &Payer,
        (charged, unused): (u32, u32),
        prepaid: &Prepaid,
        receipt: &ReservationId,
    ) {
        let windows = prepaid.unused();
        let attempt = windows.iter().map(|named| (window(named), 1));
        let parts: Vec<_> = attempt.chain([(payer.points(charged), unused)]).collect();
        self.rate_limiter.give_back(&parts, receipt).await;
    }
}
