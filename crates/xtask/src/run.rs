//! `cargo xtask run`: the product on this machine, from nothing to a paired app.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::cli::RunOptions;
use crate::leash::{Leash, Leashed, Words};
use crate::place::{Place, Profile, fresh_folder, make_folder};
use crate::problem::{Outcome, Problem};
use crate::ready::Ready;
use crate::rust;
use crate::screen::{self, Screen};
use crate::step::say;
use crate::{system, ui};

/// The platform migrates and seeds in less than a second; a loaded machine gets longer.
const PLATFORM_START: Duration = Duration::from_secs(60);

pub fn run(place: &Place, options: &RunOptions) -> Outcome<ExitCode> {
    prepare(place)?;
    if options.keep_data {
        make_folder(&place.demo())?;
    } else {
        fresh_folder(&place.demo())?;
    }
    let demo = Demo::start(place)?;
    if screen::person_has_one() && !options.force_virtual {
        demo.open_window(place)
    } else if options.no_drive {
        demo.open_virtual_window(place)
    } else {
        demo.drive(place)
    }
}

/// Everything before the first program starts.
pub fn prepare(place: &Place) -> Outcome {
    system::prepare()?;
    ui::install(place)?;
    ui::build(place)?;
    rust::build(place)?;
    Ok(())
}

/// A platform that runs, and where everything about it is.
struct Demo {
    _platform: Leash,
    ready: Ready,
    ready_file: PathBuf,
    pairing: PathBuf,
    folder: PathBuf,
}

impl Demo {
    fn start(place: &Place) -> Outcome<Self> {
        let folder = place.demo();
        let ready_file = folder.join("platform.json");
        // Not the last run's: this one's port is another.
        let _ = std::fs::remove_file(&ready_file);
        let log = folder.join("platform.log");
        say("starting the platform with an example program");
        let mut platform = Leashed::new(rust::platform(place, Profile::Debug), place.root())
            .args(["serve", "--listen", "127.0.0.1:0", "--seed-example", "--data"])
            .arg(folder.join("platform"))
            .arg("--ready-file")
            .arg(&ready_file)
            .start(Words::File(log.clone()))?;
        platform
            .wait_until(PLATFORM_START, || ready_file.is_file().then_some(()))
            .map_err(|problem| problem.cure(last_words(&log)))?;
        let ready = Ready::read(&ready_file)?;
        let pairing = folder.join("pairing.json");
        ready.write_pairing(&pairing)?;
        Ok(Self { _platform: platform, ready, ready_file, pairing, folder })
    }

    fn app(&self, place: &Place) -> Leashed {
        Leashed::new(rust::app(place, Profile::Debug), place.root())
            .arg("--data-dir")
            .arg(self.folder.join("app"))
            .arg("--pair")
            .arg(&self.pairing)
    }

    fn open_window(&self, place: &Place) -> Outcome<ExitCode> {
        say("opening the app, paired with the platform; close its window or press Ctrl-C to stop everything");
        self.print_pages();
        self.wait_for(self.app(place))
    }

    fn open_virtual_window(&self, place: &Place) -> Outcome<ExitCode> {
        let screen = Screen::open(place, "demo")?;
        say("opening the app on a virtual display; Ctrl-C stops everything");
        self.print_pages();
        self.wait_for(screen.dress(self.app(place)))
    }

    fn wait_for(&self, app: Leashed) -> Outcome<ExitCode> {
        let log = self.folder.join("app.log");
        let status = app.start(Words::File(log.clone()))?.wait()?;
        if status.success() {
            return Ok(ExitCode::SUCCESS);
        }
        Err(Problem::new(format!("the app ended with {status}")).cure(last_words(&log)))
    }

    /// The driver goes through the main job in the real window and says each step itself.
    fn drive(&self, place: &Place) -> Outcome<ExitCode> {
        let screen = Screen::open(place, "demo")?;
        say("no display here: driving the app through the main job on a virtual one");
        let demo = Leashed::new(place.example(Profile::Debug, "demo"), place.root())
            .env("FANPOINTS_PROGRAMS", place.programs(Profile::Debug))
            .env("FANPOINTS_READY_FILE", &self.ready_file)
            .env("FANPOINTS_DEMO", &self.folder);
        let status = screen.dress(demo).start(Words::Terminal)?.wait()?;
        if !status.success() {
            return Err(Problem::new(format!("the demonstration failed ({status})"))
                .cure(format!("Logs and screenshots are in {}", self.folder.display())));
        }
        println!("\nScreenshots and logs: {}", self.folder.display());
        println!("With a display, the same command opens the window for you to use.");
        Ok(ExitCode::SUCCESS)
    }

    fn print_pages(&self) {
        println!("\nFans to scan (open one on a phone or a second screen and hold it to the camera):");
        for page in self.ready.fan_pages() {
            println!("  {page}");
        }
    }
}

/// The end of a log, for a failure's message.
fn last_words(log: &std::path::Path) -> String {
    const LINES: usize = 15;
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default();
    format!("{}:\n{}", log.display(), last.join("\n"))
}
