//! The command line of the platform server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use platform::{Config, DatabaseUrl, StartError, start};

/// The FanPoints platform: GraphQL API, tokens, example fans.
#[derive(Parser)]
#[command(name = "fanpoints-platform", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer requests until interrupted.
    Serve(Serve),
    /// Print the GraphQL schema.
    Schema,
}

#[derive(Args)]
struct Serve {
    /// Address and port; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0", env = "FANPOINTS_LISTEN")]
    listen: SocketAddr,
    /// Directory of the databases.
    #[arg(long, env = "FANPOINTS_DATA")]
    data: PathBuf,
    /// A PostgreSQL database (postgres://user:secret@host/database) instead of files in that directory.
    #[arg(long, env = "FANPOINTS_DATABASE", hide_env_values = true)]
    database: Option<DatabaseUrl>,
    /// Make the example program where it is missing.
    #[arg(long)]
    seed_example: bool,
    /// Written when the server answers: addresses and example credentials, as JSON, for the owner's eyes only.
    #[arg(long)]
    ready_file: Option<PathBuf>,
    /// Requests a minute and credential.
    #[arg(long, default_value_t = 1000, env = "FANPOINTS_REQUESTS_PER_MINUTE")]
    requests_per_minute: u32,
    /// Seconds for which an access token is good.
    #[arg(long, default_value_t = 3600, env = "FANPOINTS_TOKEN_SECONDS")]
    token_seconds: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match Cli::parse().command {
        Command::Serve(serve) => match run(serve).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tracing::error!(%error, "the server did not start");
                ExitCode::FAILURE
            }
        },
        Command::Schema => match write_schema() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
    }
}

fn write_schema() -> std::io::Result<()> {
    use std::io::Write as _;
    std::io::stdout().lock().write_all(platform::sdl().as_bytes())
}

async fn run(serve: Serve) -> Result<(), StartError> {
    let config = Config {
        listen: serve.listen,
        database: serve.database,
        seed_example: serve.seed_example,
        ready_file: serve.ready_file,
        requests_per_minute: serve.requests_per_minute,
        token_lifetime: Duration::from_secs(serve.token_seconds),
        ..Config::new(serve.data)
    };
    let running = start(config).await?;
    tracing::info!(endpoint = running.endpoint(), "answering");
    interrupted().await;
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}

/// Ctrl-C, or on Unix also SIGTERM.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::error!(%error, "interrupts can not be heard");
    }
}
