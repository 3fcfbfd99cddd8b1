//! `authgraph completions` and `authgraph man`: what shells and manuals know of the command line, made from its definition.

use std::process::ExitCode;

use authgraph::error::{OrFault, Result};
use clap::Command;
use clap_complete::{Shell, generate};
use clap_mangen::Man;

use super::print;

/// The name of the program, as it is typed.
const PROGRAM: &str = "authgraph";

/// Prints the script with which a shell completes the commands.
pub fn completions(shell: Shell, mut command: Command) -> Result<ExitCode> {
    let mut script = Vec::new();
    generate(shell, &mut command, PROGRAM, &mut script);
    print(&String::from_utf8(script).or_fault("writing the script of a shell")?)
}

/// Prints one manual page: the program, and then every command with its options.
pub fn manual(mut command: Command) -> Result<ExitCode> {
    command.build();
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page).or_fault("writing the manual page")?;
    for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
        append(subcommand, &mut page)?;
    }
    print(&String::from_utf8(page).or_fault("writing the manual page")?)
}

/// Appends a command, and those below it, as sections of the page.
fn append(command: &Command, page: &mut Vec<u8>) -> Result<()> {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_uppercase();
    page.extend_from_slice(format!(".SH \"{name}\"\n").as_bytes());
    let man = Man::new(command.clone());
    man.render_description_section(page).or_fault("writing the manual page")?;
    man.render_options_section(page).or_fault("writing the manual page")?;
    for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
        append(subcommand, page)?;
    }
    Ok(())
}
