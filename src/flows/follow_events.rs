//! Following the audit trail as it grows: all of it for administrators, their own history for all other users.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream::unfold;

use crate::app::App;
use crate::app::audit_feed::Listener;
use crate::app::charges::{self, Payer, Refund};
use crate::app::viewer::{Admin, Viewer};
use crate::error::{Error, FieldErrorCode, FieldFault, Result};
use crate::records::audit_log::{self, AuditEvent};
use crate::records::audit_search::{self, EventFilter, EventSlice};
use crate::values::ids::EventId;
use crate::values::paging::{self, Cursor, PAGE_LIMIT, Page};
use crate::values::time::Time;
use crate::values::user_filter::TimeRange;

/// Missed events that are read at once; as many as the largest page of a list.
const PAGE: usize = PAGE_LIMIT;

/// The request for missed events, which come first.
pub struct Missed {
    /// The last event that was received.
    pub after: EventId,
    /// Who pays for what is read.
    pub payer: Payer,
}

/// Follows all events that match, from now on or since an event, for as long as the administrator is one. An error is the
/// last item.
///
/// # Errors
/// `VALIDATION_FAILED` for an `after` that is not in the trail; `UNAVAILABLE`.
pub async fn follow_trail(
    app: &Arc<App>,
    admin: &Admin,
    filter: EventFilter,
    missed: Option<Missed>,
) -> Result<impl Stream<Item = Result<Arc<AuditEvent>>> + Send + use<>> {
    follow(app, admin.viewer(), Visibility { filter, needs_admin: true }, missed).await
}

/// Follows the events about the viewer, from now on or since an event, until their session is over; the event that ended it
/// comes as well. An error is the last item.
///
/// # Errors
/// `VALIDATION_FAILED` for an `after` that is not in the viewer's history; `UNAVAILABLE`.
pub async fn follow_own(
    app: &Arc<App>,
    viewer: &Viewer,
    missed: Option<Missed>,
) -> Result<impl Stream<Item = Result<Arc<AuditEvent>>> + Send + use<>> {
    let filter = EventFilter::default().seen_by_subject(viewer.user().id);
    follow(app, viewer, Visibility { filter, needs_admin: false }, missed).await
}

async fn follow(
    app: &Arc<App>,
    viewer: &Viewer,
    visibility: Visibility,
    missed: Option<Missed>,
) -> Result<impl Stream<Item = Result<Arc<AuditEvent>>> + Send + use<>> {
    // Before anything is read: later commits are received, and earlier ones can be read.
    let listener = app.feed.listen().await?;
    let mut follower = Follower {
        app: Arc::clone(app),
        viewer: viewer.clone(),
        visibility,
        listener,
        checked_until: 0,
        replay: None,
        ending: None,
        is_over: false,
    };
    if let Some(missed) = missed {
        follower.replay = Some(follower.start_replay(missed).await?);
    }
    // The session may have ended between the guard and the listening.
    follower.check_viewer().await?;
    Ok(unfold(follower, |mut follower| async move { Some((follower.next().await?, follower)) }))
}

/// Which events a follower receives.
struct Visibility {
    filter: EventFilter,
    /// Whether they are those of all users.
    needs_admin: bool,
}

struct Follower {
    app: Arc<App>,
    /// As they were when the subscription began; their token's claims are checked already.
    viewer: Viewer,
    visibility: Visibility,
    listener: Listener,
    /// How many events of the listener need no other check of the viewer.
    checked_until: u64,
    replay: Option<Replay>,
    /// The error that comes after the present event.
    ending: Option<Error>,
    is_over: bool,
}

/// Missed events, read page by page.
struct Replay {
    payer: Payer,
    /// Events dated until then are free.
    free_until: Time,
    filter: EventFilter,
    cursor: Option<Cursor>,
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
            if let Some(error) = self.ending.take() {
                return Err(error);
            }
            let event = self.listener.next().await?;
            let is_visible = self.visibility.filter.matches(&event);
            let is_about_viewer = event.concerns(self.viewer.user().id, self.viewer.session().id);
            // Before every event, and not only after one about the viewer: events of different chains may arrive in another
            // order than that of their commits. Events that had arrived before the last check are covered by it.
            if (is_about_viewer || is_visible && self.listener.received() > self.checked_until)
                && let Err(error) = self.check_arrived().await
            {
                // An administrator who is one no more receives nothing else; a user still receives the event that ends
                // their session.
                if self.visibility.needs_admin {
                    return Err(error);
                }
                self.ending = Some(error);
            }
            if is_visible {
                return Ok(event);
            }
        }
    }

    /// Checks the viewer, for all events that have arrived by now.
    async fn check_arrived(&mut self) -> Result<()> {
        let arrived = self.listener.arrived();
        self.check_viewer().await?;
        self.checked_until = arrived;
        Ok(())
    }

    /// Checks that the viewer may still see what they follow.
    async fn check_viewer(&self) -> Result<()> {
        let viewer = self.viewer.read_again(&self.app).await?;
        if self.visibility.needs_admin { viewer.administrator().map(drop) } else { Ok(()) }
    }

    async fn start_replay(&self, Missed { after, payer }: Missed) -> Result<Replay> {
        let found = audit_log::find(&self.app.db, after).await?;
        let is_visible =
            |event: &AuditEvent| self.visibility.needs_admin || event.subject_id == Some(self.viewer.user().id);
        let event = found.filter(is_visible).ok_or_else(|| {
            let message = "There is no such event, or it is no longer kept. Please list the events you missed instead.";
            FieldFault::new(FieldErrorCode::UnknownEvent, message).at("after")
        })?;
        // Some events that were committed after it are dated before it.
        let from = event.at - self.app.longest_flow();
        let filter = self.visibility.filter.clone();
        let since = filter.at.from.map_or(from, |since| since.max(from));
        // Administrators have received what is dated before their event, and do not pay for it again: on a busy server it
        // may cost more than all their points, and then they would never get any further.
        let free_until = if self.visibility.needs_admin { event.at } else { from };
        let filter = EventFilter { at: TimeRange { from: Some(since), ..filter.at }, ..filter };
        Ok(Replay { payer, free_until, filter, cursor: None, page: VecDeque::new(), is_last: false })
    }

    /// The next of the events that were committed before the listening began.
    async fn find_missed(&mut self) -> Result<Option<Arc<AuditEvent>>> {
        while let Some(mut replay) = self.replay.take() {
            match replay.page.pop_front() {
                Some(event) => {
                    self.replay = Some(replay);
                    // The listener will receive all others.
                    if self.listener.was_before(&event) {
                        self.check_viewer().await?;
                        return Ok(Some(Arc::new(event)));
                    }
                }
                None if replay.is_last => {}
                None => {
                    self.read_page(&mut replay).await?;
                    self.replay = Some(replay);
                }
            }
        }
        Ok(None)
    }

    /// Reads the next page. It is charged in full before it is read, as a page of a list is, and what it did not hold is
    /// given back. A client without enough points is refused, and can go on after the last event that it received.
    async fn read_page(&self, replay: &mut Replay) -> Result<()> {
        self.check_viewer().await?;
        // A list reads one row more than its page, to know whether there is another.
        let full = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
        let reservation = charges::charge_points(&self.app, &replay.payer, full, self.app.clock.now()).await?;
        let scope = paging::ListScope::new("replay", &replay.filter, paging::SortedBy::Time);
        let page = Page { scope, size: PAGE, from: replay.cursor.take(), backwards: true };
        let slice = EventSlice { filter: replay.filter.clone(), page };
        let events = audit_search::list(&self.app.db, &slice).await?;
        let read = events.iter().filter(|event| event.at > replay.free_until).count();
        let unused = charges::charged(&self.app, full).saturating_sub(u32::try_from(read).unwrap_or(u32::MAX));
        charges::give_back(&self.app, &replay.payer, Refund { charged: full, unused }, &reservation).await;
        replay.is_last = events.len() <= PAGE;
        replay.cursor = events.last().map(|event| Cursor::at(event.at, event.id.uuid()));
        replay.page = events.into();
        Ok(())
    }
}
