//! The verification of the audit trail, part by part.

use async_graphql::{Context, Object, SimpleObject};

use super::context::ContextExt;
use super::costs::{self, cost};
use super::guards::{self, RoleEnum, access, refuses};
use super::views::AuditEventView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::int;
use crate::error::Error;
use crate::flows::verify_audit::{ChainBreak, PART, PartEnding, verify_part};
use crate::records::audit_log;
use crate::values::audit_cursor::AuditCursor;

/// Queries about the integrity of the audit trail.
#[derive(Default)]
pub struct AuditIntegrityQuery;

/// Queries about the integrity of the audit trail.
#[Object]
impl AuditIntegrityQuery {
    /// Verify the next part of the audit trail, about 10,000 events: that no event was changed, removed, moved or added. Call
    /// it again with `after: endCursor` until `endCursor` is null.
    #[graphql(
        guard = "guards::admin()",
        directive = cost::apply(costs::AUDIT_INTEGRITY.to_string()),
        directive = access::apply(RoleEnum::Admin, false),
        directive = refuses::apply(vec![Code::ValidationFailed])
    )]
    async fn audit_integrity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`endCursor` of the call before. Leave it out to begin.")] after: Option<String>,
    ) -> ApiResult<Option<AuditIntegrity>> {
        let after = after.as_deref().map(AuditCursor::parse).transpose().map_err(|fault| fault.at("after"))?;
        let part = verify_part(ctx.app()?, after.as_ref(), PART).await?;
        let (end_cursor, chain_break) = match part.ending {
            PartEnding::Continues(cursor) => (Some(cursor.to_text()), None),
            PartEnding::Whole { .. } => (None, None),
            PartEnding::Broken(broken) => (None, Some(AuditChainBreak(broken))),
        };
        let verified_event_count = int(i64::try_from(part.events).unwrap_or(i64::MAX));
        Ok(Some(AuditIntegrity { verified_event_count, end_cursor, chain_break }))
    }
}

/// Outcome of the verification of a part of the audit trail.
#[derive(SimpleObject)]
pub struct AuditIntegrity {
    /// Number of events that this call verified.
    verified_event_count: i32,
    /// Where the next call continues. Null if the whole audit trail was verified, and if it is broken.
    end_cursor: Option<String>,
    /// The first thing that is wrong. Null if nothing is.
    #[graphql(name = "break")]
    chain_break: Option<AuditChainBreak>,
}

/// The place where the audit trail is not as it was written.
pub struct AuditChainBreak(ChainBreak);

/// The place where the audit trail is not as it was written.
#[Object]
impl AuditChainBreak {
    /// The event that does not fit, as it is stored now. Null if it was removed or cannot be read.
    async fn event(&self, ctx: &Context<'_>) -> ApiResult<Option<AuditEventView>> {
        let Some(id) = self.0.event else { return Ok(None) };
        match audit_log::find(&ctx.app()?.db, id).await {
            Ok(found) => Ok(found.map(AuditEventView::in_full)),
            // Whoever changed it wrote what no server writes.
            Err(Error::Fault(_)) => Ok(None),
            Err(refused) => Err(refused.into()),
        }
    }

    /// What is wrong, and where.
    async fn message(&self) -> String {
        format!("The audit trail is broken: {}.", self.0)
    }
}
