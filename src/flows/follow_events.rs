//! Following the audit trail as it grows: everything for administrators, their own history for everybody else.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream::unfold;

use crate::app::App;
use crate::app::audit_feed::Listener;
use crate::app::charges::{Payer, Prepaid};
use crate::app::viewer::{Admin, Viewer, authenticate};
use crate::error::{Error, FieldFault, Result};
use crate::records::audit_log::{self, AuditEvent};
use crate::records::audit_search::{self, EventFilter, EventSlice};
use crate::values::ids::{EventId, SessionId, UserId};
use crate::values::paging::{self, Cursor, PAGE_LIMIT, Page};
use crate::values::time::Time;

/// Events that are read at once where somebody was away; as many as the largest page of a list.
const PAGE: usize = PAGE_LIMIT;

/// What was missed, to be told first.
pub struct Missed {
    /// The last event that was seen.
    pub after: EventId,
    /// Who pays for what is read.
    pub payer: Payer,
}

/// Follows everything that matches, from now on or since an event, for as long as the administrator is one. An error is
/// the last item.
///
/// # Errors
/// `VALIDATION_FAILED` for an `after` that is not in the trail; `UNAVAILABLE`.
pub async fn follow_trail(
    app: &Arc<App>,
    admin: &Admin,
    bearer: &str,
    filter: EventFilter,
    missed: Option<Missed>,
) -> Result<impl Stream<Item = Result<Arc<AuditEvent>>> + Send + use<>> {
    follow(app, admin.viewer(), bearer, Scope { filter, needs_admin: true }, missed).await
}

/// Follows what is done to the viewer, from now on or since an event, until their session is over; the event that ended it
/// is told too. An error is the last item.
///
/// # Errors
/// `VALIDATION_FAILED` for an `after` that is not in the viewer's history; `UNAVAILABLE`.
pub async fn follow_own(
    app: &Arc<App>,
    viewer: &Viewer,
    bearer: &str,
    missed: Option<Missed>,
) -> Result<impl Stream<Item = Result<Arc<AuditEvent>>> + Send + use<>> {
    let filter = EventFilter::default().seen_by_subject(viewer.user().id);
    follow(app, viewer, bearer, Scope { filter, needs_admin: false }, missed).await
}

async fn follow(
    app: &Arc<App>,
    viewer: &Viewer,
    bearer: &str,
    scope: Scope,
    missed: Option<Missed>,
) -> Result<impl Stream<Item = Result<Arc<AuditEvent>>> + Send + use<>> {
    // First of all: what is committed from here on is heard, and what was committed before can be read.
    let listener = app.feed.listen().await?;
    let (user, session) = (viewer.user().id, viewer.session().id);
    let mut follower = Follower {
        app: Arc::clone(app),
        bearer: bearer.into(),
        user,
        session,
        scope,
        listener,
        looked_until: 0,
        replay: None,
        farewell: None,
        is_over: false,
    };
    if let Some(missed) = missed {
        follower.replay = Some(follower.replay(missed).await?);
    }
    // Between the guard and the listening something may have happened.
    follower.check().await?;
    Ok(unfold(follower, |mut follower| async move { Some((follower.next().await?, follower)) }))
}

/// Whose events are told.
struct Scope {
    filter: EventFilter,
    /// Whether they are everybody's, and not one's own.
    needs_admin: bool,
}

struct Follower {
    app: Arc<App>,
    bearer: Box<str>,
    user: UserId,
    session: SessionId,
    scope: Scope,
    listener: Listener,
    /// How many events of the listener need no other look.
    looked_until: u64,
    replay: Option<Replay>,
    /// Why there will be nothing more.
    farewell: Option<Error>,
    is_over: bool,
}

/// What was missed, read page by page.
struct Replay {
    payer: Payer,
    /// What is dated until then is not paid for.
    free_until: Time,
    filter: EventFilter,
    place: Option<Cursor>,
    page: VecDeque<AuditEvent>,
    is_last: bool,
}

impl Follower {
    async fn next(&mut self) -> Option<Result<Arc<AuditEvent>>> {
        if self.is_over {
            return None;
        }
        let next = self.find_next().await;
        self.is_over = next.is_err();
        Some(next)
    }

    async fn find_next(&mut self) -> Result<Arc<AuditEvent>> {
        if let Some(missed) = self.find_missed().await? {
            return Ok(missed);
        }
        loop {
            if let Some(error) = self.farewell.take() {
                return Err(error);
            }
            let event = self.listener.next().await?;
            let (is_told, is_about_them) = (self.scope.filter.matches(&event), event.concerns(self.user, self.session));
            // Before every event, and not only behind one about them: events of different chains may come in another
            // order than that of their commits. For those that had come before the last look it was late enough.
            if (is_about_them || is_told && self.listener.taken() > self.looked_until)
                && let Err(error) = self.look().await
            {
                if self.scope.needs_admin {
                    return Err(error);
                }
                self.farewell = Some(error);
            }
            if is_told {
                return Ok(event);
            }
        }
    }

    /// As [`Self::check`], for all events that have come by now.
    async fn look(&mut self) -> Result<()> {
        let come = self.listener.come();
        self.check().await?;
        self.looked_until = come;
        Ok(())
    }

    /// Whether they still may see what they follow.
    async fn check(&self) -> Result<()> {
        let viewer = authenticate(&self.app, &self.bearer).await?;
        if self.scope.needs_admin { viewer.administrator().map(drop) } else { Ok(()) }
    }

    async fn replay(&self, Missed { after, payer }: Missed) -> Result<Replay> {
        let found = audit_log::find(&self.app.db, after).await?;
        let is_theirs = |event: &AuditEvent| self.scope.needs_admin || event.subject_id == Some(self.user);
        let event = found.filter(is_theirs).ok_or_else(|| {
            let told = "There is no such event, or it is no longer kept. Please list the events you missed instead.";
            FieldFault::new("UNKNOWN_EVENT", told).at("after")
        })?;
        // Some that were committed behind it are dated before it.
        let from = event.at - self.app.longest_flow();
        let filter = self.scope.filter.clone();
        let since = Some(filter.since.map_or(from, |since| since.max(from)));
        // Administrators have seen what is dated before their event, and do not pay for it again: on a busy server it may
        // be more than all their points, and then they would never get any further.
        let free_until = if self.scope.needs_admin { event.at } else { from };
        let filter = EventFilter { since, ..filter };
        Ok(Replay { payer, free_until, filter, place: None, page: VecDeque::new(), is_last: false })
    }

    /// The next of the events that were committed before the listening began.
    async fn find_missed(&mut self) -> Result<Option<Arc<AuditEvent>>> {
        while let Some(mut replay) = self.replay.take() {
            match replay.page.pop_front() {
                Some(event) => {
                    self.replay = Some(replay);
                    // All others will be heard.
                    if self.listener.is_behind(&event) {
                        self.check().await?;
                        return Ok(Some(Arc::new(event)));
                    }
                }
                None if replay.is_last => {}
                None => {
                    self.turn_page(&mut replay).await?;
                    self.replay = Some(replay);
                }
            }
        }
        Ok(None)
    }

    /// Reads the next page, which is paid for as a page of a list is: in full before it is read, and what it did not hold
    /// is given back. Whoever has not enough left is told so, and goes on behind the last event that they were told.
    async fn turn_page(&self, replay: &mut Replay) -> Result<()> {
        self.check().await?;
        // A list reads one row more than its page, to know whether there is another.
        let full = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
        let receipt = self.app.charge_points(&replay.payer, full, self.app.clock.now()).await?;
        let scope = paging::ListScope::new("replay", &replay.filter, paging::SortedBy::Time);
        let page = Page { scope, size: PAGE, from: replay.place.take(), backwards: true };
        let slice = EventSlice { filter: replay.filter.clone(), page };
        let events = audit_search::list(&self.app.db, &slice).await?;
        let read = events.iter().filter(|event| event.at > replay.free_until).count();
        let (charged, read) = (self.app.charged(full), u32::try_from(read).unwrap_or(u32::MAX));
        let unused = charged.saturating_sub(read);
        self.app.give_back(&replay.payer, (full, unused), &Prepaid::default(), &receipt).await;
        replay.is_last = events.len() <= PAGE;
        replay.place = events.last().map(|event| Cursor::at(event.at, event.id.uuid()));
        replay.page = events.into();
        Ok(())
    }
}
