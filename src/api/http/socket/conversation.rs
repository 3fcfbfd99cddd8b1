//! What is said over one socket, from the first word to the last.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout, timeout_at};

use super::line::{Heard, Line, Parting};
use super::messages::{self, CONNECTION_ACK, ClientMessage, Close};
use crate::api::graphql::pipeline::error_masking::{GraphqlErrorKind, document_error};
use crate::api::http::graphql_request::GraphqlRequest;
use crate::api::http::graphql_response;
use crate::api::http::open_streams::{Place, Whose};
use crate::api::http::subscription::{Subscription, Told, Visitor};
use crate::error::{Error, ErrorCode};
use crate::values::caller::Credentials;

/// How long whoever may no longer be here has to take in what is just being said; after that there is no goodbye either.
const LAST_WORD: Duration = Duration::from_millis(500);

/// A socket whose user is known.
pub struct Conversation<'a> {
    visitor: Visitor,
    line: &'a mut Line,
    bearer: String,
    user: String,
    ping: Interval,
    operations: Vec<Operation>,
    _place: Place,
}

/// A subscription and what the client calls it.
struct Operation {
    id: String,
    subscription: Subscription,
    _place: Place,
}

type Greeted<'a> = Result<(Conversation<'a>, BoxFuture<'static, Error>), Parting>;

/// What happens next.
enum Event {
    Heard(Heard),
    Told(usize, Told),
    PingDue,
}

impl<'a> Conversation<'a> {
    /// Learns who is there, and talks with them until the end. `bearer` is the token of the opening handshake, which
    /// native applications may send there.
    pub async fn hold(visitor: Visitor, line: &'a mut Line, bearer: Option<String>) -> Parting {
        match Self::greet(visitor, line, bearer).await {
            Ok((mut conversation, over)) => conversation.go_on(over).await,
            Err(parting) => parting,
        }
    }

    async fn greet(visitor: Visitor, line: &'a mut Line, bearer: Option<String>) -> Greeted<'a> {
        let settings = visitor.edge.settings.live.clone();
        let deadline = Instant::now() + settings.init_timeout;
        let introduced = timeout_at(deadline, introduction(&visitor, line)).await;
        let parameters = introduced.map_err(|_| Close::INIT_TIMEOUT)??;
        let bearer = messages::find_bearer(&parameters).or(bearer).ok_or(Close::UNAUTHORIZED)?;
        let admitted = (visitor.edge.live.admit)(bearer.clone()).await.map_err(farewell)?;
        let user = admitted.user.to_string();
        let place = visitor
            .edge
            .live
            .open
            .take(Whose::User(user.clone()), settings.connections_per_user)
            .ok_or(Close::TRY_AGAIN)?;
        line.say(CONNECTION_ACK).await?;
        let mut ping = interval_at(Instant::now() + settings.ping_interval, settings.ping_interval);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok((Self { visitor, line, bearer, user, ping, operations: Vec::new(), _place: place }, admitted.over))
    }

    async fn go_on(&mut self, mut over: BoxFuture<'static, Error>) -> Parting {
        loop {
            let event = tokio::select! {
                biased;
                why = &mut over => return farewell(why),
                () = self.visitor.drain.stopping.cancelled() => return Close::GOING_AWAY.into(),
                heard = self.line.hear() => match heard {
                    Ok(heard) => Event::Heard(heard),
                    Err(parting) => return parting,
                },
                _ = self.ping.tick() => Event::PingDue,
                (place, told) = poll_fn(|context| poll_any(&mut self.operations, context)) => Event::Told(place, told),
            };
            let answered = self.answer(event);
            tokio::pin!(answered);
            let parting = tokio::select! {
                biased;
                done = &mut answered => done.err(),
                why = &mut over => match timeout(LAST_WORD, answered).await {
                    Ok(done) => Some(done.err().unwrap_or_else(|| farewell(why))),
                    Err(_) => Some(Parting::Silent),
                },
            };
            if let Some(parting) = parting {
                return parting;
            }
        }
    }

    async fn answer(&mut self, event: Event) -> Result<(), Parting> {
        match event {
            Event::Heard(Heard::Life) => Ok(()),
            Event::Heard(Heard::Message(message)) => self.obey(message).await,
            Event::Told(place, told) => self.tell(place, told).await,
            Event::PingDue => self.line.ping().await,
        }
    }

    async fn obey(&mut self, message: ClientMessage) -> Result<(), Parting> {
        match message {
            ClientMessage::ConnectionInit { .. } => Err(Close::SECOND_INIT.into()),
            ClientMessage::Ping { payload } => self.line.say(messages::pong(payload)).await,
            ClientMessage::Pong { .. } => Ok(()),
            ClientMessage::Complete { id } => {
                // Its last event and this message may have crossed: an operation that is over is no fault.
                self.operations.retain(|operation| operation.id != id);
                Ok(())
            }
            ClientMessage::Subscribe { id, payload } => self.subscribe(id, *payload).await,
        }
    }

    async fn subscribe(&mut self, id: String, asked: GraphqlRequest) -> Result<(), Parting> {
        if self.operations.iter().any(|operation| operation.id == id) {
            return Err(Close::DUPLICATE.into());
        }
        let Some(place) = self.place_for_one_more() else {
            let message = "Too many subscriptions are open. Please end one first.";
            let errors = self.visitor.refuse(document_error(ErrorCode::RateLimited, message, vec![]).into()).await;
            return self.line.say(messages::error(&id, &errors)).await;
        };
        let presented = Credentials { bearer: Some(self.bearer.clone()), refresh_cookie: None };
        match Subscription::begin(&self.visitor, presented, asked).await {
            Ok(mut subscription) => {
                // A client that hears a pong behind this knows that it misses nothing from there on.
                let refused = subscription.begun().await;
                self.operations.push(Operation { id, subscription, _place: place });
                match refused {
                    Some(told) => self.tell(self.operations.len() - 1, told).await,
                    None => Ok(()),
                }
            }
            Err(errors) => self.line.say(messages::error(&id, &errors)).await,
        }
    }

    fn place_for_one_more(&self) -> Option<Place> {
        let live = &self.visitor.edge.settings.live;
        let whose = || Whose::SubscriptionsOf(self.user.clone());
        let has_room = self.operations.len() < live.operations;
        has_room.then(|| self.visitor.edge.live.open.take(whose(), live.operations_per_user)).flatten()
    }

    async fn tell(&mut self, place: usize, told: Told) -> Result<(), Parting> {
        let Some(Operation { id, .. }) = self.operations.get(place) else { return Ok(()) };
        let text = match told {
            Told::Next(response) => {
                let answer =
                    graphql_response::body(&response, GraphqlErrorKind::Execution).map_err(|_| Close::INTERNAL)?;
                return self.line.say(messages::next(id, &answer)).await;
            }
            Told::Ended(code, _) => return Err(Close::because(code).into()),
            Told::Refused(response) => messages::error(id, &response.errors),
            Told::Complete => messages::complete(id),
        };
        self.operations.remove(place);
        self.line.say(text).await
    }
}

/// The connection parameters of the first message.
async fn introduction(visitor: &Visitor, line: &mut Line) -> Result<Map<String, Value>, Parting> {
    loop {
        let heard = tokio::select! {
            biased;
            () = visitor.drain.stopping.cancelled() => return Err(Close::GOING_AWAY.into()),
            heard = line.hear() => heard?,
        };
        match heard {
            Heard::Message(ClientMessage::ConnectionInit { payload }) => return Ok(payload.unwrap_or_default()),
            Heard::Message(ClientMessage::Subscribe { .. }) => return Err(Close::UNAUTHORIZED.into()),
            Heard::Message(ClientMessage::Ping { payload }) => line.say(messages::pong(payload)).await?,
            Heard::Message(ClientMessage::Pong { .. } | ClientMessage::Complete { .. }) | Heard::Life => {}
        }
    }
}

/// The next word of any subscription.
fn poll_any(operations: &mut [Operation], context: &mut Context<'_>) -> Poll<(usize, Told)> {
    for (place, operation) in operations.iter_mut().enumerate() {
        if let Poll::Ready(told) = operation.subscription.poll_next(context) {
            return Poll::Ready((place, told));
        }
    }
    Poll::Pending
}

fn farewell(why: Error) -> Parting {
    let code = match why {
        Error::Refused(refused) => refused.code(),
        Error::Fault(fault) => {
            tracing::error!(?fault, "a socket could not be watched over");
            ErrorCode::Internal
        }
    };
    Close::because(code).into()
}
