//! Rebuilds when a migration or a file of the pages is added: macros read these folders at compile time.

#[allow(clippy::disallowed_methods, reason = "cargo tells the profile in the environment")]
fn main() {
    println!("cargo:rerun-if-changed=migrations");
    // Only release builds hold the files.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed=playground/dist");
    }
}
