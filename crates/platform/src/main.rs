//! The command line of the platform server.

mod commands;

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use platform::settings::{LogFormat, Place, Serving};
use platform::{Running, start};
use tracing_appender::non_blocking::WorkerGuard;

/// Gives memory back to the system: after a million bookings the C library's allocator holds three times as much.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The command was understood and did not succeed.
const FAILED: u8 = 1;
/// The command or its settings were not understood.
const NOT_UNDERSTOOD: u8 = 2;

/// The FanPoints platform: GraphQL API, tokens, example fans.
///
/// Settings come from a file (--config), then from the environment, then from the command line; the later wins.
#[derive(Parser)]
#[command(
    name = "fanpoints-platform",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Exit codes: 0 done, 1 failed, 2 not understood."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Box<Serve>,
}

#[derive(Subcommand)]
enum Command {
    /// Answer requests until interrupted; what is done without a command
    Serve(Box<Serve>),
    /// Print the GraphQL schema
    Schema,
    /// Make the example program where it is missing, and print its credentials
    Seed(Place),
    /// Make a credential and print its secret, once; a server that runs on files knows it from its next start
    Token(commands::Token),
    /// Make the next key for access tokens; it signs once it has been published for a while
    RotateKeys(commands::Within),
    /// Print all that is known of a fan, as JSON
    ExportUser(commands::User),
    /// Empty every personal field of a fan, for ever; the books keep their sums
    EraseUser(commands::Erase),
    /// Copy an environment to a new file while servers use it
    Backup(commands::Copy),
    /// Fill an empty environment with a backup, on whichever database
    Restore(commands::Copy),
    /// Replay the whole journal, and name the first place where it does not hold
    Verify(commands::Within),
    /// Print what administrators changed, newest first
    Audit(commands::Audit),
}

#[derive(Args)]
struct Serve {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    serving: Serving,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(serve) => run(*serve).await,
        Command::Schema => match std::io::stdout().lock().write_all(platform::sdl().as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(FAILED, &error),
        },
        Command::Seed(place) => commands::seed(&place).await,
        Command::Token(token) => token.run().await,
        Command::RotateKeys(within) => commands::rotate_keys(&within).await,
        Command::Backup(copy) => copy.backup().await,
        Command::Restore(copy) => copy.restore().await,
        Command::Verify(within) => commands::verify(&within).await,
        Command::ExportUser(user) => commands::export_user(&user).await,
        Command::EraseUser(erase) => erase.run().await,
        Command::Audit(audit) => audit.run().await,
    }
}

/// Says why, for a person, and ends.
fn fail(code: u8, why: &dyn Display) -> ExitCode {
    // Where even this can not be said, the exit code still is.
    let _unsaid = writeln!(std::io::stderr(), "error: {why}");
    ExitCode::from(code)
}

/// Logs until the guard is gone. Who does not read the log fast enough loses lines of it, and no request waits.
fn log(format: LogFormat) -> WorkerGuard {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match format {
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).init(),
        LogFormat::Text => log.init(),
    }
    guard
}

async fn run(serve: Serve) -> ExitCode {
    let settings = match serve.serving.settle(&serve.place) {
        Ok(settings) => settings,
        Err(error) => return fail(NOT_UNDERSTOOD, &error),
    };
    let _log = log(settings.log_format);
    tracing::info!(settings = %settings, "starting");
    let running = match start(settings.config).await {
        Ok(running) => running,
        Err(error) => {
            tracing::error!(%error, "the server did not start");
            return ExitCode::from(FAILED);
        }
    };
    tracing::info!(endpoint = running.endpoint(), "answering");
    until_interrupted(&running).await;
    tracing::info!("stopping");
    running.stop().await;
    tracing::info!("stopped");
    ExitCode::SUCCESS
}

/// Ctrl-C, or on Unix also SIGTERM; there, SIGHUP has the certificate read again.
async fn until_interrupted(running: &Running) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = (signal(SignalKind::terminate()), signal(SignalKind::hangup()));
        if let (Ok(mut terminated), Ok(mut hung_up)) = signals {
            loop {
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => return,
                    _ = terminated.recv() => return,
                    _ = hung_up.recv() => match running.renew_certificate() {
                        Ok(()) => tracing::info!("the certificate was read again"),
                        Err(error) => tracing::error!(%error, "the certificate stays what it was"),
                    },
                }
            }
        }
    }
    #[cfg(not(unix))]
    let _ = running;
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::error!(%error, "interrupts can not be heard");
    }
}
