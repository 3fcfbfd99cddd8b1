//! Rebuilds when a migration or a file of the playground is added: macros read these folders at compile time.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=playground/dist");
}
