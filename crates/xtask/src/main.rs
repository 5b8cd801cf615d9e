//! The project's two commands, `cargo xtask run` and `cargo xtask test`, and their smaller siblings.
//!
//! The standard library alone: a newcomer waits seconds for it, not minutes.

#![allow(clippy::print_stdout, clippy::print_stderr)] // It talks to the person at the terminal.

mod bench;
mod checks;
mod cli;
mod deep;
mod json;
mod leash;
mod place;
mod problem;
mod ready;
mod run;
mod rust;
mod screen;
mod stamp;
mod step;
mod summary;
mod system;
mod tidy;
mod ui;

use std::process::ExitCode;

use cli::Task;
use place::Place;
use problem::Outcome;

fn main() -> ExitCode {
    let task = match cli::parse(std::env::args().skip(1)) {
        Ok(task) => task,
        Err(problem) => {
            eprintln!("{problem}\n\n{}", cli::USAGE);
            return ExitCode::from(2);
        }
    };
    match perform(&task) {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("\n{problem}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: &Task) -> Outcome<ExitCode> {
    if matches!(task, Task::Usage) {
        println!("{}", cli::USAGE);
        return Ok(ExitCode::SUCCESS);
    }
    let place = Place::find()?;
    match task {
        Task::Usage => Ok(ExitCode::SUCCESS),
        Task::Run(options) => run::run(&place, options),
        Task::Test(options) => checks::test(&place, options),
        Task::Check => checks::check(&place),
        Task::Bench(options) => bench::bench(&place, options),
    }
}
