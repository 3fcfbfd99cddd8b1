//! What people can do. One deed per file, read top to bottom.

pub mod authenticate;
pub mod change_email;
pub mod change_password;
pub mod create_admin;
pub mod create_user;
pub mod delete_account;
pub mod deliver_mail;
pub mod disown_session;
pub mod end_sessions;
pub mod enroll_mfa;
pub mod erase_users;
pub mod help_user;
pub mod login;
pub mod logout;
pub mod manage_mfa;
pub mod reauthenticate;
pub mod refresh;
pub mod register;
pub mod remove_user;
pub mod reseal;
pub mod reset_password;
pub mod sweep;
pub mod update_profile;
pub mod update_user;
pub mod verify_email;
pub mod verify_mfa;
