//! What the app tells its windows unasked.

use partner::view::{CameraSignal, FanCard, GateSignal, OperationView, ScanSignal, Status};
use serde::Serialize;
use specta::Type;
use tauri_specta::Event;

#[derive(Clone, Debug, Serialize, Type, Event)]
pub struct StatusChanged(pub Status);

#[derive(Clone, Debug, Serialize, Type, Event)]
pub struct OperationChanged(pub OperationView);

/// The figures of a fan who is present are newer now.
#[derive(Clone, Debug, Serialize, Type, Event)]
pub struct FanChanged(pub FanCard);

#[derive(Clone, Debug, Serialize, Type, Event)]
pub struct CameraSignalled(pub CameraSignal);

#[derive(Clone, Debug, Serialize, Type, Event)]
pub struct ScanSignalled(pub ScanSignal);

#[derive(Clone, Debug, Serialize, Type, Event)]
pub struct GateSignalled(pub GateSignal);

/// Another program asked for something: `take_link` tells what.
#[derive(Clone, Debug, Serialize, Type, Event)]
pub struct LinkOpened(pub ());
