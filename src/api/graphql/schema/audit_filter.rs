//! The filter of audit events, and how it is parsed.

use std::net::IpAddr;
use std::str::FromStr;

use async_graphql::{ID, InputObject};

use super::audit_enums::{AuditActionEnum, AuditOutcomeEnum};
use super::date_time_range::DateTimeRange;
use super::input::Faults;
use crate::error::{FieldErrorCode, FieldFault, Result};
use crate::records::audit_search::EventFilter;
use crate::values::ids::NotAnId;

/// Selects audit events. An event must match every field that is given.
#[derive(InputObject, Default)]
pub struct AuditEventFilter {
    /// Only events with one of these actions. Must not be empty.
    actions: Option<Vec<AuditActionEnum>>,
    /// Only events with one of these outcomes. Must not be empty.
    outcomes: Option<Vec<AuditOutcomeEnum>>,
    /// Only events caused by this user.
    actor_id: Option<ID>,
    /// Only events that happened to this user.
    subject_id: Option<ID>,
    /// Only events in this session, or about it.
    session_id: Option<ID>,
    /// Only events from exactly this IPv4 or IPv6 address.
    ip_address: Option<String>,
    /// Only events within this time.
    at: Option<DateTimeRange>,
}

impl AuditEventFilter {
    /// Parses the filter; without one, everything matches.
    ///
    /// # Errors
    /// `VALIDATION_FAILED` with every fault.
    pub fn parse(typed: Option<Self>) -> Result<EventFilter> {
        let Some(typed) = typed else { return Ok(EventFilter::default()) };
        let mut faults = Faults::default();
        let actions = faults.check("filter.actions", known(typed.actions, &AuditActionEnum::Unknown));
        let outcomes = faults.check("filter.outcomes", known(typed.outcomes, &AuditOutcomeEnum::Unknown));
        let actor = faults.check("filter.actorId", id(typed.actor_id.as_ref()));
        let subject = faults.check("filter.subjectId", id(typed.subject_id.as_ref()));
        let session = faults.check("filter.sessionId", id(typed.session_id.as_ref()));
        let address = faults.check("filter.ipAddress", address(typed.ip_address.as_deref()));
        let at = faults.check("filter.at", DateTimeRange::parse(typed.at));
        let parsed = || {
            let (actor, subject) = (actor?, subject?);
            let (session, address) = (session?, address?);
            let (actions, outcomes, at) = (actions?, outcomes?, at?);
            Some(EventFilter { actions, outcomes, actor, subject, session, address, at, own_only: false })
        };
        faults.finish(parsed())
    }
}

/// Parses the words of a list; without one, all match.
fn known<T: PartialEq + Into<W>, W>(typed: Option<Vec<T>>, unknown: &T) -> std::result::Result<Vec<W>, FieldFault> {
    let Some(typed) = typed else { return Ok(Vec::new()) };
    if typed.is_empty() {
        return Err(FieldFault::new(FieldErrorCode::Invalid, "Name at least one value, or omit the field."));
    }
    if typed.contains(unknown) {
        return Err(FieldFault::new(FieldErrorCode::Invalid, "UNKNOWN cannot be searched for."));
    }
    Ok(typed.into_iter().map(Into::into).collect())
}

fn id<T: FromStr<Err = NotAnId>>(typed: Option<&ID>) -> std::result::Result<Option<T>, FieldFault> {
    let parsed = typed.map(|id| id.parse()).transpose();
    parsed.map_err(|_| FieldFault::new(FieldErrorCode::Invalid, "This is not a valid id of this type."))
}

/// Parses an IP address into the form that the audit trail stores.
fn address(typed: Option<&str>) -> std::result::Result<Option<String>, FieldFault> {
    let parsed =
        typed.map(|typed| typed.trim().parse::<IpAddr>().map(|address| address.to_canonical().to_string())).transpose();
    parsed.map_err(|_| FieldFault::new(FieldErrorCode::Invalid, "This is not a valid IPv4 or IPv6 address."))
}
