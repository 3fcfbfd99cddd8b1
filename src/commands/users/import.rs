//! `authgraph users import`: accounts of another system, from a file or standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use authgraph::app::App;
use authgraph::error::{OrFault, Result};
use authgraph::flows::import_users::{ImportFormat, ImportNews, ImportOptions, ImportTotals, import_users};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::super::{ExitFailure, eprint, print, print_json};

#[derive(Args)]
pub struct ImportArguments {
    /// The file; `-` is standard input.
    file: PathBuf,
    /// Whose export the file is. Without it a file whose name ends in .csv is `csv`, and any other is `jsonl`.
    #[arg(long, value_enum)]
    format: Option<FileFormat>,
    /// Write nothing, and say what would be imported.
    #[arg(long)]
    dry_run: bool,
    /// Count every address as verified, whatever the file says. Use it only if the other system let in no address that it had
    /// not verified.
    #[arg(long)]
    assume_verified: bool,
    /// A file with the password hash parameters of a Firebase project, as its console shows them: `base64_signer_key`,
    /// `base64_salt_separator`, `rounds` and `mem_cost`.
    #[arg(long, value_name = "FILE")]
    firebase_hash_config: Option<PathBuf>,
    /// Print the totals as one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum FileFormat {
    /// JSON Lines with the fields of docs/import.md.
    Jsonl,
    /// CSV with a header and the same fields.
    Csv,
    /// The export of users of Auth0, JSON Lines.
    Auth0,
    /// The export of a realm of Keycloak, JSON.
    Keycloak,
    /// The table `auth.users` of Supabase, CSV or JSON.
    Supabase,
    /// The tables of users and accounts of better-auth, JSON.
    BetterAuth,
    /// The table `auth_user` of Django, CSV.
    Django,
    /// The file of `firebase auth:export`, JSON.
    Firebase,
}

/// Imports the file, and prints what became of its users.
pub async fn run(app: &App, arguments: &ImportArguments) -> Result<ExitCode> {
    let Some(file) = open(&arguments.file)? else {
        eprint(&format!("{} cannot be read.", arguments.file.display()));
        return Ok(ExitFailure::Failed.into());
    };
    let firebase_parameters = match &arguments.firebase_hash_config {
        None => None,
        Some(path) => {
            let parameters = std::fs::read_to_string(path).ok().and_then(|text| firebase_parameters(&text));
            if parameters.is_none() {
                eprint(&format!("{} has no hash parameters of Firebase.", path.display()));
                return Ok(ExitFailure::Failed.into());
            }
            parameters
        }
    };
    let options = ImportOptions {
        format: arguments.format(),
        is_dry_run: arguments.dry_run,
        assume_verified: arguments.assume_verified,
        firebase_parameters,
    };
    let style = ProgressStyle::with_template("{spinner} {pos} users, {per_sec}");
    let bar = ProgressBar::no_length().with_style(style.or_fault("reading the style of a progress bar")?);
    let totals = import_users(app, file, &options, |news| match news {
        ImportNews::Refused(place, reason) => bar.suspend(|| eprint(&format!("{place}: {reason}"))),
        ImportNews::Progress(totals) => bar.set_position(totals.read),
    });
    let totals = totals.await?;
    bar.finish_and_clear();
    if arguments.json {
        print_json(&totals)?;
    } else {
        print(&summary(totals, arguments.dry_run))?;
    }
    Ok(if totals.refused > 0 { ExitFailure::LeftOut.into() } else { ExitCode::SUCCESS })
}

impl ImportArguments {
    fn format(&self) -> ImportFormat {
        let is_csv = self.file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        match self.format {
            None if is_csv => ImportFormat::Csv,
            None | Some(FileFormat::Jsonl) => ImportFormat::Jsonl,
            Some(FileFormat::Csv) => ImportFormat::Csv,
            Some(FileFormat::Auth0) => ImportFormat::Auth0,
            Some(FileFormat::Keycloak) => ImportFormat::Keycloak,
            Some(FileFormat::Supabase) => ImportFormat::Supabase,
            Some(FileFormat::BetterAuth) => ImportFormat::BetterAuth,
            Some(FileFormat::Django) => ImportFormat::Django,
            Some(FileFormat::Firebase) => ImportFormat::Firebase,
        }
    }
}

fn open(path: &Path) -> Result<Option<Box<dyn BufRead>>> {
    if path.as_os_str() == "-" {
        return Ok(Some(Box::new(BufReader::new(io::stdin()))));
    }
    match File::open(path) {
        Ok(file) => Ok(Some(Box::new(BufReader::new(file)))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).or_fault("opening the file"),
    }
}

/// The parameters in the words of a stored hash. The console of Firebase shows `name: value,` on lines of their own.
fn firebase_parameters(text: &str) -> Option<String> {
    let find = |name: &str| {
        let value = text.lines().find_map(|line| line.trim().strip_prefix(name)?.trim_start().strip_prefix(':'))?;
        Some(value.trim().trim_end_matches(',').trim_matches('"').to_owned())
    };
    let (rounds, memory_cost) = (find("rounds")?, find("mem_cost")?);
    let (separator, key) = (find("base64_salt_separator")?, find("base64_signer_key")?);
    Some(format!("v=1,n={memory_cost},r={rounds},p=1,ss={separator},sk={key}"))
}

fn summary(totals: ImportTotals, is_dry_run: bool) -> String {
    let ImportTotals { read, imported, existing, refused, with_password, with_mfa, administrators } = totals;
    let verb = if is_dry_run { "would be imported" } else { "were imported" };
    format!(
        "{read} users read: {imported} {verb}, {existing} have an account already, {refused} were refused. Of the imported, \
         {with_password} have a password, {with_mfa} a second factor, and {administrators} are administrators.\n"
    )
}
