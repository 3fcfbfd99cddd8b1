//! What every operation passes before anything of it runs, whether it came by HTTP or over a socket: its limits, the
//! concurrency limit, and the charge. What it did not use is given back afterwards.

use std::any::TypeId;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_graphql::extensions::ExtensionContext;
use async_graphql::parser::types::OperationType;
use async_graphql::{Data, Request, Response, ServerError, ServerResult};

use super::cost::{CostTable, OperationCost};
use super::error_masking::document_error;
use super::operation_limits::{MeasuredOperation, SentInUrl};
use super::rate_limit_status::RateLimitStatus;
use crate::api::graphql::error::request_error;
use crate::api::graphql::viewer_cell::ViewerCell;
use crate::app::App;
use crate::app::charges::{self, Charge, Payer, Refund};
use crate::app::viewer::{BearerClaims, Viewer};
use crate::error::ErrorCode;
use crate::tools::concurrency_limiter::ConcurrencyPermit;
use crate::tools::rate_limiter::ReservationId;
use crate::values::caller::{Caller, Credentials};

/// An event that costs no more than this is free: it selects nothing but the event itself.
const FREE_POINTS_OF_AN_EVENT: u32 = 1;

/// The charge for one request, from its check to its settlement.
pub struct Charging {
    costs: Arc<OnceLock<CostTable>>,
    /// Points of the fields that ran.
    spent: AtomicU32,
    charged: Mutex<Option<ChargedOperation>>,
    permit: Mutex<Option<ConcurrencyPermit>>,
    events: OnceLock<EventPrice>,
}

/// A request that was charged, or whose charge was refused.
struct ChargedOperation {
    payer: Payer,
    points: u32,
    /// Points that are not given back although nothing ran for them.
    non_refundable: u32,
    status: RateLimitStatus,
    /// `None` where the charge was refused, and where a subscription has begun.
    reservation: Option<ReservationId>,
}

/// Who pays for the events of a subscription, and what each of them costs.
struct EventPrice {
    payer: Payer,
    points: u32,
}

impl Charging {
    /// The charge of a request that has not been read yet. The cost table is built when the first request comes.
    #[must_use]
    pub fn new(costs: Arc<OnceLock<CostTable>>) -> Self {
        Self {
            costs,
            spent: AtomicU32::new(0),
            charged: Mutex::new(None),
            permit: Mutex::new(None),
            events: OnceLock::new(),
        }
    }

    /// Checks the limits of a request, waits for a permit to run, and charges it. A schema without an app behind it charges
    /// nothing.
    ///
    /// # Errors
    /// `QUERY_TOO_COMPLEX`, `BAD_REQUEST`, `OVERLOADED`, `RATE_LIMITED`; those of the document.
    pub async fn check_and_charge(&self, ctx: &ExtensionContext<'_>, mut request: Request) -> ServerResult<Request> {
        let costs = self.costs.get_or_init(|| CostTable::new(&ctx.schema_env.registry));
        let operation = MeasuredOperation::measure(costs, &mut request)?;
        let in_url = find::<SentInUrl>(ctx, &request).map_or(Ok(()), |_| operation.keep_secrets_out_of_urls());
        let Some(app) = ctx.data_opt::<Arc<App>>() else { return in_url.map(|()| request) };
        let caller = find::<Caller>(ctx, &request).cloned();
        // Refused before it is charged, but still counted as a request.
        if let Err(refused) = in_url.and_then(|()| operation.check(app.config.graphql.max_complexity)) {
            return Err(count_refused(app, caller.as_ref(), refused).await);
        }
        // Checks the signature only. Whether the session is alive, the database says below.
        let bearer = bearer_claims(app, ctx, &request);
        // A subscription runs for hours and takes no permit; the sockets limit how many there are.
        if operation.kind != OperationType::Subscription {
            let permit = match app.operations.enter().await {
                Ok(permit) => permit,
                Err(overloaded) => return Err(count_refused(app, caller.as_ref(), request_error(overloaded)).await),
            };
            *self.permit.lock().unwrap_or_else(PoisonError::into_inner) = Some(permit);
        }
        let mut viewer = None;
        if let Some(caller) = caller {
            // The viewer is read before the charge, because a signed-in user pays with their own budget.
            viewer = living_viewer(app, &caller, &bearer, find::<ViewerCell>(ctx, &request)).await;
            let payer = Payer::new(app, &caller, viewer.as_ref().map(|viewer| viewer.user().id));
            self.set_event_price(&operation, &payer);
            request = request.data(self.charge(app, payer, &operation.cost).await?);
        }
        // Without public introspection only administrators read the schema.
        if !app.config.graphql.introspection && viewer.is_none_or(|viewer| viewer.administrator().is_err()) {
            if operation.cost.introspects {
                let message = "The schema is shown to administrators only.";
                return Err(document_error(ErrorCode::GraphqlValidationFailed, message, vec![]));
            }
            request = request.disable_introspection();
        }
        Ok(request.data(bearer))
    }

    async fn charge(&self, app: &App, payer: Payer, cost: &OperationCost) -> ServerResult<RateLimitStatus> {
        let (now, points, non_refundable) = (app.clock.now(), cost.points, cost.non_refundable);
        let Charge { requests, budget, outcome } = charges::charge(app, &payer, points, now).await;
        let status = RateLimitStatus::new(&app.config, points, (requests, budget), now);
        let reservation = outcome.as_ref().ok().cloned();
        // Kept for a refusal too: its response carries the headers of the rate limit.
        let charged = ChargedOperation { payer, points, non_refundable, status: status.clone(), reservation };
        *self.charged.lock().unwrap_or_else(PoisonError::into_inner) = Some(charged);
        outcome.map(|_| status).map_err(request_error)
    }

    /// Notes a field that runs.
    pub fn note(&self, parent: &str, field: &str) {
        if let Some(costs) = self.costs.get() {
            self.spent.fetch_add(costs.points(parent, field), Ordering::Relaxed);
        }
    }

    /// Administrators pay for no events, because they receive those of everybody.
    fn set_event_price(&self, operation: &MeasuredOperation, payer: &Payer) {
        let OperationCost { points, is_for_admins, .. } = operation.cost;
        if operation.kind == OperationType::Subscription && !is_for_admins && points > FREE_POINTS_OF_AN_EVENT {
            let _ = self.events.set(EventPrice { payer: payer.clone(), points });
        }
    }

    /// Charges an event of a subscription. The charge for the operation covers the first event and is never given back
    /// afterwards: otherwise an event that resolved few fields would make the next one free.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub async fn charge_event(&self, app: &App) -> ServerResult<()> {
        let reservation = {
            let mut charged = self.charged.lock().unwrap_or_else(PoisonError::into_inner);
            charged.as_mut().and_then(|charged| charged.reservation.take())
        };
        match self.events.get().filter(|_| reservation.is_none()) {
            Some(EventPrice { payer, points }) => {
                let charged = charges::charge_points(app, payer, *points, app.clock.now()).await;
                charged.map(drop).map_err(request_error)
            }
            None => Ok(()),
        }
    }

    /// Settles a request that has been answered: gives back what was not used, and writes the status of the rate limit into
    /// the response. Returns the points that the operation cost. A second call does nothing.
    pub async fn settle(&self, app: &App, response: &mut Response) -> Option<u32> {
        let charged = self.charged.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut operation = charged?;
        let used = self.spent.load(Ordering::Relaxed).saturating_add(operation.non_refundable);
        let unused = charges::charged(app, operation.points).saturating_sub(used);
        if let Some(reservation) = operation.reservation {
            let refund = Refund { charged: operation.points, unused };
            charges::give_back(app, &operation.payer, refund, &reservation).await;
            operation.status.give_back(unused);
        }
        operation.status.write_to(response, app.config.graphql.cost_extension);
        Some(used.min(operation.points))
    }
}

/// Counts an operation that is refused before it is charged. Answers its refusal, or that of the limit of requests.
async fn count_refused(app: &App, caller: Option<&Caller>, refused: ServerError) -> ServerError {
    let Some(caller) = caller else { return refused };
    let counted = charges::count_request(app, caller, app.clock.now()).await;
    counted.refusal.map_or(refused, request_error)
}

/// The claims of the request's token, if it has a valid one.
fn bearer_claims(app: &App, ctx: &ExtensionContext<'_>, request: &Request) -> BearerClaims {
    let token = find::<Credentials>(ctx, request).and_then(|credentials| credentials.bearer.as_deref());
    BearerClaims::verify(app, token)
}

/// The viewer whose session is alive, who pays for the operation. The database is not asked before the request has been
/// counted on this instance: stolen or expired tokens must not reach it without a limit.
async fn living_viewer(
    app: &App,
    caller: &Caller,
    bearer: &BearerClaims,
    cell: Option<&ViewerCell>,
) -> Option<Arc<Viewer>> {
    bearer.0.as_ref()?;
    let cell = cell.filter(|_| charges::count_session_lookup(app, caller, app.clock.now()))?;
    cell.read_ahead(app, bearer).await.ok()
}

/// Data of the request, or of the socket it came over. The library merges the two only after this.
fn find<'a, T: Send + Sync + 'static>(ctx: &ExtensionContext<'a>, request: &'a Request) -> Option<&'a T> {
    let own: &Data = &request.data;
    own.get(&TypeId::of::<T>()).and_then(|data| data.downcast_ref()).or_else(|| ctx.data_opt::<T>())
}
