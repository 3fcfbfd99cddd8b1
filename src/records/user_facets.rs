//! The column `users.facets`: four properties of a user as the bits of one number from 0 to 15.
//!
//! A list of users reads the numbers that fit its filter, each from an index. The migration computes the column; a test
//! keeps it and this file the same.

/// The user is an administrator.
pub(super) const ADMIN: u8 = 8;
/// The account is deleted.
pub(super) const DELETED: u8 = 4;
/// The address is verified.
pub(super) const VERIFIED: u8 = 2;
/// The second factor is on.
pub(super) const MFA: u8 = 1;

/// How many numbers there are.
pub(super) const COUNT: u8 = 16;

/// The numbers of administrators who are not deleted, as a list in SQL. A new facet changes it.
macro_rules! present_admins {
    () => {
        "(8, 9, 10, 11)"
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
            include_str!("../../migrations/sqlite/0001_first_schema.sql"),
            include_str!("../../migrations/postgres/0001_first_schema.sql"),
        ] {
            for (condition, bit) in [
                ("role = 'ADMIN'", ADMIN),
                ("deleted_at is not null", DELETED),
                ("email_verified_at is not null", VERIFIED),
                ("mfa_enabled", MFA),
            ] {
                assert!(migration.contains(&format!("case when {condition} then {bit} else 0 end")), "{condition}");
            }
        }
        assert_eq!(COUNT, ADMIN + DELETED + VERIFIED + MFA + 1);
    }
}
