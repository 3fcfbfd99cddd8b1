//! What people can do. One deed per file, read top to bottom.

pub mod authenticate;
pub mod change_email;
pub mod change_password;
pub mod create_admin;
pub mod delete_account;
pub mod deliver_mail;
pub mod disown_session;
pub mod end_sessions;
pub mod enroll_mfa;
pub mod export_audit;
pub mod keep_books;
pub mod login;
pub mod logout;
pub mod manage_mfa;
pub mod reauthenticate;
pub mod rebuild_statistics;
pub mod refresh;
pub mod register;
pub mod reseal;
pub mod reset_password;
pub mod seed;
pub mod sweep;
pub mod update_profile;
pub mod verify_audit;
pub mod verify_email;
pub mod verify_mfa;
