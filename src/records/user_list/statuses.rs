//! Role, status, verification and second factor of a filter: as numbers of the column `facets`, and as conditions on the
//! lock, which depends on the time and is in no index by facets.

use super::statement::SqlPart;
use crate::records::user_facets::{ADMIN, AccountStage, COUNT, MFA, VERIFIED, stage};
use crate::values::time::Time;
use crate::values::user::{Role, UserStatus};
use crate::values::user_filter::UserFilter;

/// The numbers of `facets` that fit the filter; `None` where all do.
pub(super) fn facets(filter: &UserFilter) -> Option<Vec<u8>> {
    let has = |status| filter.statuses.contains(&status);
    let fits = |facets: &u8| {
        let role = if facets & ADMIN == 0 { Role::User } else { Role::Admin };
        let is = |bit: u8, wanted: Option<bool>| wanted.is_none_or(|wanted| wanted == (facets & bit != 0));
        let fits_status = match stage(*facets) {
            AccountStage::Present => has(UserStatus::Active) || has(UserStatus::Locked),
            AccountStage::Invited => has(UserStatus::Invited) || has(UserStatus::Locked),
            AccountStage::Deleted => has(UserStatus::Deleted),
            AccountStage::Erased => has(UserStatus::Erased),
        };
        let (verified, mfa) = (is(VERIFIED, filter.email_verified), is(MFA, filter.mfa_enabled));
        filter.roles.contains(&role) && fits_status && verified && mfa
    };
    let fitting: Vec<u8> = (0..COUNT).filter(fits).collect();
    (fitting.len() < usize::from(COUNT)).then_some(fitting)
}

/// Whether the facets may fit few users. Those of a filter that asks for none of them fit nearly all.
pub(super) fn may_be_few(filter: &UserFilter) -> bool {
    let all_roles = [Role::User, Role::Admin].iter().all(|role| filter.roles.contains(role));
    let is_open = all_roles && filter.email_verified.is_none() && filter.mfa_enabled.is_none();
    !(is_open && filter.statuses.contains(&UserStatus::Active))
}

/// The filter as one or two that exclude each other. Locked users are few and have an index of their own, so where the
/// filter depends on the lock, they are apart from users whom it excludes.
pub(super) fn parts(filter: &UserFilter) -> Vec<UserFilter> {
    let only = |statuses| UserFilter { statuses, ..filter.clone() };
    let (locked, others) = filter.statuses.iter().partition(|status| **status == UserStatus::Locked);
    let parts = [only(locked), only(others)];
    if depends_on_lock(filter) && parts.iter().all(|part| !part.statuses.is_empty()) {
        parts.into()
    } else {
        vec![filter.clone()]
    }
}

/// Whether a lock decides if a user fits. It does not where active, invited and locked users fit alike, or none of them.
fn depends_on_lock(filter: &UserFilter) -> bool {
    let present = [UserStatus::Active, UserStatus::Invited, UserStatus::Locked];
    let has = present.map(|status| filter.statuses.contains(&status));
    has.contains(&true) && has.contains(&false)
}

/// What one of the [`parts`] demands of the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LockDemand {
    /// Nothing.
    Any,
    /// The user is locked.
    Locked,
    /// A user who is not deleted is not locked.
    NotLocked,
}

impl LockDemand {
    pub(super) fn of(part: &UserFilter) -> Self {
        match (depends_on_lock(part), part.statuses.contains(&UserStatus::Locked)) {
            (false, _) => Self::Any,
            (true, true) => Self::Locked,
            (true, false) => Self::NotLocked,
        }
    }

    /// The condition on a row, beginning with ` and `.
    pub(super) fn condition(self, now: Time) -> Vec<SqlPart> {
        match self {
            Self::Any => vec![],
            // `facets` excludes deleted users already. The condition is repeated for the planner, which takes the index
            // of locked users only if the statement has that index's condition.
            Self::Locked => {
                vec![SqlPart::Sql(" and u.deleted_at is null and u.locked_until > "), SqlPart::At(now)]
            }
            Self::NotLocked => vec![
                SqlPart::Sql(" and (u.deleted_at is not null or u.locked_until is null or u.locked_until <= "),
                SqlPart::At(now),
                SqlPart::Sql(")"),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(statuses: &[UserStatus]) -> UserFilter {
        UserFilter { statuses: statuses.iter().copied().collect(), ..UserFilter::default() }
    }

    #[test]
    fn a_filter_is_a_few_of_thirty_two_numbers() {
        let admins_without_mfa = UserFilter {
            roles: [Role::Admin].into(),
            mfa_enabled: Some(false),
            ..statuses(&[UserStatus::Active, UserStatus::Deleted])
        };
        assert_eq!(facets(&admins_without_mfa), Some(vec![8, 10, 12, 14]));
        let all =
            [UserStatus::Active, UserStatus::Invited, UserStatus::Locked, UserStatus::Deleted, UserStatus::Erased];
        assert_eq!(facets(&statuses(&all)), None);
        assert_eq!(facets(&UserFilter::default()).map(|facets| facets.len()), Some(16));
    }

    #[test]
    fn locked_users_are_listed_apart_only_where_the_lock_decides() {
        use UserStatus::{Active, Deleted, Erased, Invited, Locked};
        for (typed, demands) in [
            (&[Active, Invited, Locked][..], &[LockDemand::Any][..]),
            (&[Active, Invited, Locked, Deleted], &[LockDemand::Any]),
            (&[Deleted, Erased], &[LockDemand::Any]),
            (&[Locked], &[LockDemand::Locked]),
            (&[Invited, Erased], &[LockDemand::NotLocked]),
            (&[Active, Locked], &[LockDemand::Locked, LockDemand::NotLocked]),
        ] {
            let found: Vec<LockDemand> = parts(&statuses(typed)).iter().map(LockDemand::of).collect();
            assert_eq!(found, demands, "{typed:?}");
        }
        // Beside deleted users, too; those are no matter of the lock.
        let found: Vec<_> = parts(&statuses(&[Locked, Deleted])).iter().map(LockDemand::of).collect();
        assert_eq!(found, [LockDemand::Locked, LockDemand::Any]);
    }
}
