//! What to look for in the audit trail, as a client says it.

use std::net::IpAddr;
use std::str::FromStr;

use async_graphql::{ID, InputObject};

use super::audit_enums::{AuditAction, AuditOutcome};
use super::input::Faults;
use crate::api::graphql::scalars::DateTime;
use crate::error::{FieldFault, Result};
use crate::records::audit_search::Filter;
use crate::values::audit;
use crate::values::ids::NotAnId;

/// What to look for in the audit trail. What is left out is not asked for; what is there must all be so.
#[derive(InputObject, Default)]
pub struct AuditEventFilter {
    /// One of these was done. An empty list is refused: nothing could match it.
    actions: Option<Vec<AuditAction>>,
    /// It ended so.
    outcome: Option<AuditOutcome>,
    /// This user did it.
    actor_id: Option<ID>,
    /// It was done to this user.
    subject_id: Option<ID>,
    /// It was done in this session, or to it.
    session_id: Option<ID>,
    /// It was done from this address (IPv4 or IPv6), exactly.
    ip_address: Option<String>,
    /// It was done at this time or later.
    since: Option<DateTime>,
    /// It was done before this time.
    until: Option<DateTime>,
}

impl AuditEventFilter {
    /// Reads the filter of a field; without one, everything matches.
    ///
    /// # Errors
    /// `VALIDATION_FAILED` with every fault.
    pub fn read(typed: Option<Self>) -> Result<Filter> {
        let Some(typed) = typed else { return Ok(Filter::default()) };
        let mut faults = Faults::default();
        let actions = faults.check("filter.actions", known_actions(typed.actions));
        let outcome = faults.check("filter.outcome", known_outcome(typed.outcome));
        let actor = faults.check("filter.actorId", id(typed.actor_id.as_ref()));
        let subject = faults.check("filter.subjectId", id(typed.subject_id.as_ref()));
        let session = faults.check("filter.sessionId", id(typed.session_id.as_ref()));
        let address = faults.check("filter.ipAddress", address(typed.ip_address.as_deref()));
        let (since, until) = (typed.since.map(|at| at.0), typed.until.map(|at| at.0));
        let read = || {
            let (actor, subject) = (actor?, subject?);
            let (session, address) = (session?, address?);
            let (actions, outcome) = (actions?, outcome?);
            Some(Filter { actions, outcome, actor, subject, session, address, since, until, own_only: false })
        };
        faults.finish(read())
    }
}

fn known_actions(typed: Option<Vec<AuditAction>>) -> std::result::Result<Vec<audit::AuditAction>, FieldFault> {
    let Some(typed) = typed else { return Ok(Vec::new()) };
    if typed.is_empty() {
        return Err(FieldFault::new("INVALID", "Please name at least one action, or leave the field out."));
    }
    if typed.contains(&AuditAction::Unknown) {
        return Err(unknown());
    }
    Ok(typed.into_iter().map(Into::into).collect())
}

fn known_outcome(typed: Option<AuditOutcome>) -> std::result::Result<Option<audit::AuditOutcome>, FieldFault> {
    if typed == Some(AuditOutcome::Unknown) {
        return Err(unknown());
    }
    Ok(typed.map(Into::into))
}

fn unknown() -> FieldFault {
    FieldFault::new("INVALID", "Nobody can look for what is not known.")
}

fn id<T: FromStr<Err = NotAnId>>(typed: Option<&ID>) -> std::result::Result<Option<T>, FieldFault> {
    let parsed = typed.map(|id| id.parse()).transpose();
    parsed.map_err(|_| FieldFault::new("INVALID", "This is not an id of this kind."))
}

/// An address as the trail spells it.
fn address(typed: Option<&str>) -> std::result::Result<Option<String>, FieldFault> {
    let parsed =
        typed.map(|typed| typed.trim().parse::<IpAddr>().map(|address| address.to_canonical().to_string())).transpose();
    parsed.map_err(|_| FieldFault::new("INVALID", "This is not an IPv4 or IPv6 address."))
}
