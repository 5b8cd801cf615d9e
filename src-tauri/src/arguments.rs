//! The command line: where the app keeps its data, and what tests and demonstrations put in a camera's place.

use std::path::PathBuf;

use clap::Parser;

/// FanPoints Partner: scan a fan, give and take points, with and without a network.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Arguments {
    /// Folder for the database and the logs; the system's place for app data when absent.
    #[arg(long)]
    pub data_dir: Option<PathBuf>,
    /// Connects at start with what a JSON file says: endpoint, token_endpoint, partner_id, client_id,
    /// client_secret, environment. Does nothing where the app is connected already.
    #[arg(long, value_name = "FILE")]
    pub pair: Option<PathBuf>,
    /// Offers a folder of PNG or JPEG frames as a camera.
    #[arg(long, value_name = "FOLDER")]
    pub frames: Option<PathBuf>,
    /// Frames a second from that folder.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=240))]
    pub frame_rate: u32,
    /// What another program asks for, such as `fanpoints-partner://distribute?user_id=008407119295`.
    pub link: Option<String>,
}
