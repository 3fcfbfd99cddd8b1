//! The way in for every operation, whether it came by HTTP or over a socket: what it costs is counted, allowed and
//! charged before anything runs, and what it did not use is given back.

use std::any::TypeId;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_graphql::extensions::ExtensionContext;
use async_graphql::parser::types::OperationType;
use async_graphql::{Data, Request, Response, ServerError, ServerResult};
use tokio::runtime::Handle;

use super::chosen_operation::ChosenOperation;
use super::cost::{CostTable, OperationCost};
use super::document_limits::check_limit;
use super::error_masking::document_error;
use super::foresight;
use super::rate_limit_status::RateLimitStatus;
use crate::api::graphql::error::request_error;
use crate::api::graphql::viewer_cell::ViewerCell;
use crate::app::App;
use crate::app::charges::{Charge, Payer, Prepaid};
use crate::app::limits::Attempt;
use crate::app::viewer::{BearerClaims, Viewer};
use crate::error::{ErrorCode, Refusal};
use crate::tools::concurrency_limiter::ConcurrencyPermit;
use crate::tools::rate_limiter::{ReservationId, WindowUsage};
use crate::values::caller::{Caller, Credentials};
use crate::values::time::Time;

/// How many fields with a secret one operation may have: aliases multiply no guesses.
const MOST_SECRETS: u32 = 1;
/// How many fields one operation may resolve: five hundred objects with forty fields each.
const MOST_FIELDS: u32 = 20_000;
/// The same for fields of the schema itself. The standard introspection query needs half of it.
const MOST_SCHEMA_FIELDS: u32 = 150_000;
/// How many fields a subscription may resolve for each event, and how many points an event may cost: it runs for every
/// event again, as often as there are subscribers.
const MOST_FIELDS_OF_AN_EVENT: u32 = 200;
const MOST_POINTS_OF_AN_EVENT: u32 = 50;
const FREE_POINTS_OF_AN_EVENT: u32 = 1;

/// One request on its way in and out again.
pub struct Charging {
    costs: Arc<OnceLock<CostTable>>,
    /// Points of the fields that ran.
    spent: AtomicU32,
    state: Mutex<Option<State>>,
    place: Mutex<Option<ConcurrencyPermit>>,
    /// Who pays for the events of a subscription, and how many points each of them costs.
    events: OnceLock<(Payer, u32)>,
}

/// What is known of a request that was charged, or refused.
struct State {
    app: Arc<App>,
    payer: Payer,
    points: u32,
    non_refundable: u32,
    allowance: RateLimitStatus,
    prepaid: Arc<Prepaid>,
    receipt: Option<ReservationId>,
}

impl Charging {
    /// Nothing has been asked yet. The costs are read when the first request comes.
    #[must_use]
    pub fn new(costs: Arc<OnceLock<CostTable>>) -> Self {
        Self {
            costs,
            spent: AtomicU32::new(0),
            state: Mutex::new(None),
            place: Mutex::new(None),
            events: OnceLock::new(),
        }
    }

    /// Lets a request in, or says why not. A schema without an app behind it charges nobody.
    ///
    /// # Errors
    /// `QUERY_TOO_COMPLEX`, `OVERLOADED`, `RATE_LIMITED`; also what `document_check` says.
    pub async fn admit(&self, ctx: &ExtensionContext<'_>, mut request: Request) -> ServerResult<Request> {
        let Some(app) = ctx.data_opt::<Arc<App>>() else { return Ok(request) };
        let costs = self.costs.get_or_init(|| CostTable::new(&ctx.schema_env.registry));
        let counted = Counted::of(costs, &mut request)?;
        let caller = find::<Caller>(ctx, &request).cloned();
        if let Err(refused) = counted.check(app.config.graphql.max_complexity) {
            return Err(refuse(app, caller.as_ref(), refused).await);
        }
        let bearer = bearer(app, ctx, &request);
        // A subscription lives for hours; those who hold one are counted where sockets are.
        if counted.kind != OperationType::Subscription {
            let place = match app.operations.enter().await {
                Ok(place) => place,
                Err(overloaded) => return Err(refuse(app, caller.as_ref(), request_error(overloaded)).await),
            };
            *self.place.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
        }
        let mut viewer = None;
        if let Some(caller) = caller {
            viewer = living_viewer(app, &caller, &bearer, find::<ViewerCell>(ctx, &request)).await;
            let payer = Payer::of(app, &caller, viewer.as_ref().map(|viewer| viewer.user().id));
            self.pay_for_events(&counted, &payer);
            let attempt = counted.attempt.map(|attempt| (attempt, &caller));
            let (allowance, prepaid) = self.charge(app, payer, &counted.cost, attempt).await?;
            request = request.data(allowance).data(prepaid);
        }
        if !app.config.graphql.introspection && viewer.is_none_or(|viewer| viewer.administrator().is_err()) {
            if counted.cost.introspects {
                let message = "The schema is shown to administrators only.";
                return Err(document_error(ErrorCode::GraphqlValidationFailed, message, vec![]));
            }
            request = request.disable_introspection();
        }
        Ok(request.data(bearer))
    }

    async fn charge(
        &self,
        app: &Arc<App>,
        payer: Payer,
        cost: &OperationCost,
        attempt: Option<(Attempt, &Caller)>,
    ) -> ServerResult<(RateLimitStatus, Arc<Prepaid>)> {
        let (now, points, non_refundable) = (app.clock.now(), cost.points, cost.non_refundable);
        let Charge { requests, budget, outcome, prepaid } = app.charge(&payer, points, attempt, now).await;
        let (allowance, prepaid) =
            (RateLimitStatus::new(&app.config, points, (requests, budget), now), Arc::new(prepaid));
        let receipt = outcome.as_ref().ok().cloned();
        let (app, told) = (Arc::clone(app), allowance.clone());
        let state =
            State { app, payer, points, non_refundable, allowance: told, prepaid: Arc::clone(&prepaid), receipt };
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
        outcome.map(|_| (allowance, prepaid)).map_err(request_error)
    }

    /// Notes a field that runs.
    pub fn note(&self, parent: &str, field: &str) {
        if let Some(costs) = self.costs.get() {
            self.spent.fetch_add(costs.points(parent, field), Ordering::Relaxed);
        }
    }

    /// An event that tells nothing but itself is free, and administrators, who hear what everybody does, pay for none.
    fn pay_for_events(&self, counted: &Counted, payer: &Payer) {
        let OperationCost { points, is_for_admins, .. } = counted.cost;
        if counted.kind == OperationType::Subscription && !is_for_admins && points > FREE_POINTS_OF_AN_EVENT {
            let _ = self.events.set((payer.clone(), points));
        }
    }

    /// Lets an event of a subscription run. The first is paid for by the charge for the operation, of which nothing is
    /// given back once it has begun: the next event may use what this one did not.
    ///
    /// # Errors
    /// `RATE_LIMITED`.
    pub async fn admit_event(&self, app: &App) -> ServerResult<()> {
        let first =
            self.state.lock().unwrap_or_else(PoisonError::into_inner).as_mut().and_then(|state| state.receipt.take());
        match self.events.get().filter(|_| first.is_none()) {
            Some((payer, points)) => {
                app.charge_points(payer, *points, app.clock.now()).await.map(drop).map_err(request_error)
            }
            None => Ok(()),
        }
    }

    /// Settles the account of a request that has been answered: gives back what was not used, and says what is left.
    /// There is nothing to settle a second time.
    pub async fn settle(&self, app: &App, response: &mut Response) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut state) = state else { return };
        let used = self.spent.load(Ordering::Relaxed).saturating_add(state.non_refundable);
        let unused = app.charged(state.points).saturating_sub(used);
        if let Some(receipt) = state.receipt {
            app.give_back(&state.payer, (state.points, unused), &state.prepaid, &receipt).await;
            state.allowance.give_back(unused);
        }
        state.allowance.write_to(response, app.config.graphql.cost_extension);
    }
}

impl Drop for Charging {
    /// A request that is dropped on its way, because its client went away or its time was over, gives back the attempt it
    /// did not make: nobody keeps an account waiting by going away. Its points are gone.
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let Some(State { app, payer, points, prepaid, receipt: Some(receipt), .. }) = state else { return };
        if prepaid.is_unused() && Handle::try_current().is_ok() {
            let background = app.background.clone();
            background
                .spawn("giving back", async move { app.give_back(&payer, (points, 0), &prepaid, &receipt).await });
        }
    }
}

/// The error for an operation that is refused before it is charged: it takes a place all the same.
async fn refuse(app: &App, caller: Option<&Caller>, refused: ServerError) -> ServerError {
    let full = match caller {
        Some(caller) => app.count_request(caller, app.clock.now()).await.1.err(),
        None => None,
    };
    full.map_or(refused, request_error)
}

/// What is known of an operation before it runs.
struct Counted {
    kind: OperationType,
    cost: OperationCost,
    attempt: Option<Attempt>,
}

impl Counted {
    fn of(costs: &CostTable, request: &mut Request) -> ServerResult<Self> {
        let (name, variables) = (request.operation_name.clone(), std::mem::take(&mut request.variables));
        let document = request.parsed_query()?;
        let operation = ChosenOperation::choose(document, name.as_deref())?;
        let counted = Self {
            kind: operation.kind(),
            cost: OperationCost::new(costs, document, operation.definition(), &variables),
            attempt: foresight::attempt(operation.definition(), &variables),
        };
        request.variables = variables;
        Ok(counted)
    }

    fn check(&self, max_complexity: u32) -> ServerResult<()> {
        let cost = &self.cost;
        check_limit("points", cost.points, max_complexity)?;
        check_limit("fields that take a secret", cost.secrets, MOST_SECRETS)?;
        check_limit("fields to resolve", cost.fields, MOST_FIELDS)?;
        check_limit("fields of the schema to resolve", cost.schema_fields, MOST_SCHEMA_FIELDS)?;
        if self.kind == OperationType::Subscription {
            check_limit("points for each event", cost.points, MOST_POINTS_OF_AN_EVENT)?;
            check_limit("fields to resolve for each event", cost.fields, MOST_FIELDS_OF_AN_EVENT)?;
        }
        Ok(())
    }
}

/// Counts a request that the schema does not see: it takes a place all the same. Where there is none left, answers the
/// refusal.
pub async fn count(app: &App, caller: &Caller) -> Option<Response> {
    let now = app.clock.now();
    let (fill, outcome) = app.count_request(caller, now).await;
    outcome.err().map(|refusal| refused(app, fill, refusal, now))
}

/// The refusal of a caller whose address is known here to have no place left.
pub fn refusal(app: &App, caller: &Caller) -> Option<Response> {
    let now = app.clock.now();
    app.is_full(caller, now).map(|(fill, refusal)| refused(app, fill, refusal, now))
}

fn refused(app: &App, fill: WindowUsage, refusal: Refusal, now: Time) -> Response {
    let mut response = Response::from_errors(vec![request_error(refusal)]);
    RateLimitStatus::for_requests(&app.config, fill, now).write_to(&mut response, false);
    response
}

/// The claims of the request's token, if it has a good one. Whether its session lives only the database can tell.
fn bearer(app: &App, ctx: &ExtensionContext<'_>, request: &Request) -> BearerClaims {
    let token = find::<Credentials>(ctx, request).and_then(|presented| presented.bearer.as_deref());
    BearerClaims::of(app, token)
}

/// The user whose session lives, who pays for the operation. Whether it does only the database can tell; it is not asked
/// before the request has been counted here.
async fn living_viewer(
    app: &App,
    caller: &Caller,
    bearer: &BearerClaims,
    cell: Option<&ViewerCell>,
) -> Option<Arc<Viewer>> {
    bearer.0.as_ref()?;
    let cell = cell.filter(|_| app.count_reading(caller, app.clock.now()))?;
    cell.read_ahead(app, bearer).await.ok()
}

/// Data of the request, or of the socket it came over: the library shows the first only later.
fn find<'a, T: Send + Sync + 'static>(ctx: &ExtensionContext<'a>, request: &'a Request) -> Option<&'a T> {
    let own: &Data = &request.data;
    own.get(&TypeId::of::<T>()).and_then(|data| data.downcast_ref()).or_else(|| ctx.data_opt::<T>())
}
