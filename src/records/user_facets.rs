//! The column `users.facets`: role, stage of the account, verification and second factor of a user as one number from
//! 0 to 31.
//!
//! A list of users reads the numbers that fit its filter, each from an index. The migrations compute the column; a test
//! keeps them and this file the same. Locks are not in it, because they end with the time.

/// The user is an administrator.
pub(super) const ADMIN: u8 = 8;
/// The account is deleted.
pub(super) const DELETED: u8 = 4;
/// The address is verified.
pub(super) const VERIFIED: u8 = 2;
/// The second factor is on.
pub(super) const MFA: u8 = 1;

/// The user was invited and has not accepted yet; together with [`DELETED`]: the personal data is erased. A deleted user
/// who had not accepted yet is only deleted.
pub(super) const INVITED_OR_ERASED: u8 = 16;

/// How many numbers there are.
pub(super) const COUNT: u8 = 32;

/// Where an account is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AccountStage {
    Present,
    Invited,
    Deleted,
    Erased,
}

/// The stage of the accounts with this number.
pub(super) const fn stage(facets: u8) -> AccountStage {
    match (facets & DELETED != 0, facets & INVITED_OR_ERASED != 0) {
        (false, false) => AccountStage::Present,
        (false, true) => AccountStage::Invited,
        (true, false) => AccountStage::Deleted,
        (true, true) => AccountStage::Erased,
    }
}

/// The numbers of administrators who are not deleted, as a list in SQL. A new facet changes it.
macro_rules! present_admins {
    () => {
        "(8, 9, 10, 11, 24, 25, 26, 27)"
    };
}
pub(super) use present_admins;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrators_are_the_numbers_with_their_bit() {
        let admins = (0..COUNT).filter(|facets| facets & ADMIN != 0 && facets & DELETED == 0);
        let list: Vec<String> = admins.map(|facets| facets.to_string()).collect();

        assert_eq!(present_admins!(), format!("({})", list.join(", ")));
    }

    #[test]
    fn the_migrations_compute_these_bits() {
        for migration in [
            include_str!("../../migrations/sqlite/0002_for_clients.sql"),
            include_str!("../../migrations/postgres/0002_for_clients.sql"),
        ] {
            for (condition, bit) in [
                ("role = 'ADMIN'", ADMIN),
                ("deleted_at is not null", DELETED),
                ("email_verified_at is not null", VERIFIED),
                ("mfa_enabled", MFA),
            ] {
                assert!(migration.contains(&format!("case when {condition} then {bit} else 0 end")), "{condition}");
            }
            let stages = format!(
                "case when deleted_at is null then case when invited_at is not null then {INVITED_OR_ERASED} else 0 end \
                 when erased_at is not null then {INVITED_OR_ERASED} else 0 end"
            );
            assert!(migration.split_whitespace().collect::<Vec<_>>().join(" ").contains(&stages));
        }
        assert_eq!(COUNT, INVITED_OR_ERASED + ADMIN + DELETED + VERIFIED + MFA + 1);
    }
}
