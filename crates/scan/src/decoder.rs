//! Reading codes from a grey frame: a cascade of cheap looks, left at the first one that reads something.

mod bars;
mod binary;
mod calm;
mod clock;
mod grey;
mod ground;
mod leaning;
mod qr;
mod refit;
mod stage;

use rxing::common::BitMatrix;

use crate::{LumaFrame, Point};

use calm::Calm;
use clock::Clock;
use grey::{Grey, Pyramid, View};
use qr::Read;
use refit::Candidate;
use stage::{BARS, PATIENT, QUICK};
pub use stage::{Filter, Light, Reader, Scale, Stage};

/// The kind of code that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Symbology {
    Qr,
    MicroQr,
    Ean13,
    UpcA,
    Code128,
}

/// A code in a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub text: String,
    /// Clockwise from the code's own top left, in pixels of the frame.
    pub corners: [Point; 4],
    pub stage: Stage,
    pub symbology: Symbology,
}

/// The widest frame that is looked at whole; a larger one is shrunk first.
const WIDEST: usize = 1920;
/// Candidates of one frame that get a second look.
const MAX_UNREAD: usize = 12;
/// Of frames in which nothing moves and every stage has found nothing, one in so many is looked at.
const RESTING: usize = 3;

/// Reads codes. Remembers which stages are still to be tried, and which one was lucky last.
#[derive(Debug)]
pub struct Decoder {
    /// Is a text worth leaving the cascade for?
    wanted: fn(&str) -> bool,
    /// Where in `PATIENT` to go on.
    next: usize,
    lucky: Option<Stage>,
    /// Were bars read in the last frame that was looked at?
    bars: bool,
    calm: Calm,
    /// Was nothing read in the last frame that was looked at?
    blank: bool,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::wanting(|_| true)
    }
}

impl Decoder {
    /// Every code is wanted.
    pub fn new() -> Self {
        Self::default()
    }

    /// Passes over the codes of others: neither do they hide a wanted one that takes longer to read, nor are they told.
    pub fn wanting(wanted: fn(&str) -> bool) -> Self {
        Self { wanted, next: 0, lucky: None, bars: false, calm: Calm::default(), blank: false }
    }

    /// The codes in a frame of a camera. No stage starts after 22 ms; what was left out is tried on the next frame,
    /// for as long as nothing is read. Where nothing moves a frame gets a few milliseconds only.
    pub fn decode(&mut self, frame: &LumaFrame) -> Vec<Found> {
        if !frame.is_sound() {
            return Vec::new();
        }
        let full = View::of(frame);
        let clock = if self.calm.is_still(full) { Clock::of_a_still_frame() } else { Clock::of_a_frame() };
        if self.rests() {
            return Vec::new();
        }
        let times = (frame.width.max(frame.height) as usize).div_ceil(WIDEST);
        let found = if times > 1 {
            let small = grey::shrink(full, times);
            enlarge(self.look(small.view(), clock), times)
        } else {
            self.look(full, clock)
        };
        self.blank = found.is_empty();
        found
    }

    /// Did nothing move before the last frame?
    pub fn is_still(&self) -> bool {
        self.calm.still()
    }

    /// Is there nothing to be gained from the frame in hand? Each still frame is looked at by one patient stage at
    /// least, so after that many each of them has had its turn.
    fn rests(&self) -> bool {
        let frames = self.calm.frames();
        self.blank && frames > 2 * PATIENT.len() && !frames.is_multiple_of(RESTING)
    }

    /// Every stage of the cascade, in order.
    pub fn stages() -> impl Iterator<Item = Stage> {
        QUICK.iter().chain(PATIENT).copied()
    }

    /// What a single stage reads, for measuring it.
    pub fn decode_with(frame: &LumaFrame, stage: Stage) -> Vec<Found> {
        if !frame.is_sound() {
            return Vec::new();
        }
        Look::new(View::of(frame), Clock::of_a_picture()).at(stage)
    }

    fn look(&mut self, view: View<'_>, clock: Clock) -> Vec<Found> {
        let mut look = Look::new(view, clock);
        // The light has hardly changed since the last frame.
        let lucky = self.lucky;
        for stage in lucky.iter().chain(QUICK.iter().filter(|stage| Some(**stage) != lucky)) {
            if !look.clock.may_start(stage.is_heavy()) {
                break;
            }
            let found = self.wanted_at(&mut look, *stage);
            if !found.is_empty() {
                return self.remember(found);
            }
        }
        // Bars in view are the last word, not the first: what lies on the counter must not hide a fan's code.
        let bars_first = self.bars;
        let mut bars = if bars_first { self.wanted_at(&mut look, BARS) } else { Vec::new() };
        for tried in 0..PATIENT.len() {
            let Some(stage) = PATIENT.get(self.next % PATIENT.len()) else { break };
            if !look.clock.may_start(stage.is_heavy()) {
                if tried > 0 {
                    break;
                }
                // One a frame in any case, in a time of its own, so that a slow machine gets through them all, too.
                look.clock = look.clock.again();
            }
            self.next = (self.next + 1) % PATIENT.len();
            if *stage == BARS && bars_first {
                continue;
            }
            let found = self.wanted_at(&mut look, *stage);
            if *stage == BARS {
                bars = found;
            } else if !found.is_empty() {
                return self.remember(found);
            }
        }
        self.bars = !bars.is_empty();
        bars
    }

    fn wanted_at(&self, look: &mut Look<'_>, stage: Stage) -> Vec<Found> {
        let mut found = look.at(stage);
        found.retain(|found| (self.wanted)(&found.text));
        found
    }

    fn remember(&mut self, found: Vec<Found>) -> Vec<Found> {
        self.lucky = found.first().map(|found| found.stage);
        self.next = 0;
        self.bars = false;
        found
    }

    /// The codes in a picture that someone chose: every stage at several sizes, usually within a second, six at the
    /// most. Codes that are not wanted are told where there is none that is.
    pub fn decode_picture(&mut self, frame: &LumaFrame) -> Vec<Found> {
        if !frame.is_sound() {
            return Vec::new();
        }
        let clock = Clock::of_a_picture();
        let full = View::of(frame);
        let longest = full.width.max(full.height);
        if longest <= 400 {
            // A cut-out: modules of a pixel or two, often without the quiet zone.
            let (times, border) = ((1200 / longest.max(1)).clamp(2, 8), 40);
            let found = self.whole(grey::enlarge(full, times, border).view(), &clock);
            if !found.is_empty() {
                return reduce(found, times, border);
            }
        }
        let mut times = longest.div_ceil(1280);
        while times > 1 {
            let found = self.whole(grey::shrink(full, times).view(), &clock);
            if !found.is_empty() {
                return enlarge(found, times);
            }
            times /= 2;
        }
        let found = self.whole(full, &clock);
        if !found.is_empty() {
            return found;
        }
        let border = longest / 10 + 8;
        reduce(self.whole(grey::enlarge(full, 1, border).view(), &clock), 1, border)
    }

    /// Every stage, until one reads something that is wanted or the time is over.
    fn whole(&self, view: View<'_>, clock: &Clock) -> Vec<Found> {
        let mut look = Look::new(view, clock.clone());
        let mut others = Vec::new();
        for stage in Self::stages() {
            if !look.clock.may_start(stage.is_heavy()) {
                break;
            }
            let found = look.at(stage);
            if found.iter().any(|found| (self.wanted)(&found.text)) {
                return found;
            }
            if others.is_empty() {
                others = found;
            }
        }
        others
    }
}

/// One frame, looked at by stage after stage.
struct Look<'a> {
    pyramid: Pyramid<'a>,
    clock: Clock,
    /// What looked like a code and was not read.
    unread: Vec<Candidate>,
    /// The black and white picture of the last stage: the next one may want it the other way round.
    last: Option<(Stage, BitMatrix)>,
}

impl<'a> Look<'a> {
    fn new(view: View<'a>, clock: Clock) -> Self {
        Self { pyramid: Pyramid::new(view), clock, unread: Vec::new(), last: None }
    }

    fn at(&mut self, stage: Stage) -> Vec<Found> {
        if stage.reader == Reader::Bars {
            let bars = bars::read(self.pyramid.at(stage.scale), &self.clock).into_iter();
            let found = bars.map(|bars| Found {
                text: bars.text,
                corners: bars.corners,
                stage,
                symbology: bars.symbology,
            });
            return found.collect();
        }
        if stage.reader == Reader::Refit {
            return self.refit(stage);
        }
        self.prepare(stage);
        let Some((_, matrix)) = &self.last else { return Vec::new() };
        let (reads, symbology) = match stage.reader {
            Reader::Sampler | Reader::Thorough => {
                let sampled = qr::sample(matrix, stage.reader == Reader::Thorough, &self.clock);
                self.note(&sampled.unread, times(stage.scale));
                (sampled.reads, Symbology::Qr)
            }
            Reader::Rqrr => (qr::rqrr(matrix), Symbology::Qr),
            Reader::Micro => (qr::micro(matrix, &self.clock), Symbology::MicroQr),
            Reader::Bars | Reader::Refit => return Vec::new(),
        };
        let times = times(stage.scale);
        reads.into_iter().map(|read| place(read, times, stage, symbology)).collect()
    }

    /// Keeps what was found and not read for a second look.
    fn note(&mut self, unread: &[Candidate], times: f32) {
        for candidate in unread {
            let candidate = candidate.scaled(times);
            if self.unread.len() < MAX_UNREAD && !self.unread.iter().any(|known| known.is_like(&candidate)) {
                self.unread.push(candidate);
            }
        }
    }

    fn refit(&self, stage: Stage) -> Vec<Found> {
        let (view, times) = (self.pyramid.at(stage.scale), times(stage.scale));
        let mut found: Vec<Found> = Vec::new();
        for candidate in &self.unread {
            if self.clock.is_over() {
                break;
            }
            let Some(read) = refit::read(view, &candidate.scaled(1.0 / times), &self.clock) else { continue };
            // Two candidates may have been the same code.
            if !found.iter().any(|found| found.text == read.text) {
                found.push(place(read, times, stage, Symbology::Qr));
            }
        }
        found
    }

    /// Makes the black and white picture that the stage wants.
    fn prepare(&mut self, stage: Stage) {
        if let Some((last, matrix)) = self.last.as_mut().filter(|(last, _)| last.shares_picture(stage)) {
            if last.inverted != stage.inverted {
                matrix.flip_self();
            }
            *last = stage;
            return;
        }
        let view = self.pyramid.at(stage.scale);
        let filtered: Option<Grey> = match stage.filter {
            Filter::LightGround => {
                let lightened = ground::lightened(view);
                if lightened.is_none() {
                    self.last = None;
                    return;
                }
                lightened
            }
            filter => grey::filtered(view, filter),
        };
        let view = filtered.as_ref().map_or(view, Grey::view);
        self.last = binary::binarize(view, stage.light).map(|mut matrix| {
            if stage.inverted {
                matrix.flip_self();
            }
            (stage, matrix)
        });
    }
}

/// From the pixels of a scale to those of the frame.
fn place(read: Read, times: f32, stage: Stage, symbology: Symbology) -> Found {
    let corners = read.corners.map(|p| Point { x: p.x * times, y: p.y * times });
    Found { text: read.text, corners, stage, symbology }
}

/// Pixels of the frame for one of the scale.
fn times(scale: Scale) -> f32 {
    match scale {
        Scale::Full => 1.0,
        Scale::Half => 2.0,
        Scale::Third => 3.0,
        Scale::Quarter => 4.0,
    }
}

#[allow(clippy::cast_precision_loss)] // places in a picture
fn enlarge(mut found: Vec<Found>, times: usize) -> Vec<Found> {
    for found in &mut found {
        found.corners = found.corners.map(|p| Point { x: p.x * times as f32, y: p.y * times as f32 });
    }
    found
}

#[allow(clippy::cast_precision_loss)] // places in a picture
fn reduce(mut found: Vec<Found>, times: usize, border: usize) -> Vec<Found> {
    let (times, border) = (times as f32, border as f32);
    for found in &mut found {
        found.corners = found.corners.map(|p| Point { x: (p.x - border) / times, y: (p.y - border) / times });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stages that a frame without any code is looked at with, a few a frame.
    fn tried(decoder: &mut Decoder, stages: usize) -> usize {
        let flat = vec![128; 640 * 360];
        let before = decoder.next;
        let view = View { width: 640, height: 360, pixels: &flat };
        assert_eq!(decoder.look(view, Clock::of_stages(stages)), []);
        (decoder.next + PATIENT.len() - before) % PATIENT.len()
    }

    #[test]
    fn what_one_frame_leaves_out_the_next_one_tries() {
        let mut decoder = Decoder::new();
        assert_eq!(tried(&mut decoder, 2), 1, "quick stages first, then one at the least");
        assert_eq!(tried(&mut decoder, QUICK.len() + 3), 3);
        assert_eq!(decoder.next, 4);
        assert_eq!(tried(&mut decoder, QUICK.len() + 3), 3);
        assert_eq!(decoder.next, 7);
        let rest = PATIENT.len() - 7;
        assert_eq!(tried(&mut decoder, QUICK.len() + rest + 1), rest + 1);
        assert_eq!(decoder.next, 1, "and from the beginning again");
    }

    #[test]
    fn no_frame_is_looked_at_twice_with_one_stage() {
        let mut decoder = Decoder::new();
        assert_eq!(tried(&mut decoder, usize::MAX), 0);
        let stages: Vec<Stage> = Decoder::stages().collect();
        for (n, stage) in stages.iter().enumerate() {
            assert!(!stages[..n].contains(stage), "{stage} is there twice");
        }
    }

    #[test]
    fn the_lucky_stage_comes_first() {
        let mut decoder = Decoder::new();
        let lucky = PATIENT[4];
        decoder.lucky = Some(lucky);
        decoder.next = 9;
        let found = Found {
            text: "x".into(),
            corners: [Point::default(); 4],
            stage: lucky,
            symbology: Symbology::Qr,
        };
        decoder.remember(vec![found]);
        assert_eq!((decoder.lucky, decoder.next), (Some(lucky), 0));
    }
}
