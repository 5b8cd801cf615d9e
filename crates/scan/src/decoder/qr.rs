//! QR codes in a black and white picture: found and sampled by `rxing`, or by `rqrr`, which sees some that `rxing`
//! does not. Candidates are bounded, so that a picture full of patterns takes no longer than others.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::common::cpp_essentials::{ConcentricPattern, DecoderResult};
use rxing::common::{BitMatrix, DetectorRXingResult};
use rxing::qrcode::cpp_port::decoder::Decode;
use rxing::qrcode::cpp_port::detector::{
    FindFinderPatterns, FinderPatternSet, GenerateFinderPatternSets, SampleMQR, SampleQR,
};
use rxing::qrcode::detector::QRCodeDetectorResult;

use crate::Point;

use super::clock::Clock;
use super::leaning;
use super::refit::Candidate;

/// A code that was read, in pixels of the picture it was read from.
pub struct Read {
    pub text: String,
    pub corners: [Point; 4],
}

/// Finder patterns beyond these are texture.
const MAX_PATTERNS: usize = 150;
/// Candidates that may fail before a picture without a single code is given up.
const MAX_FAILURES: usize = 40;
/// Candidates of one picture that are worth a second look.
const MAX_UNREAD: usize = 4;
/// A code of the smallest version is found by a pattern that stands alone; with many there is no telling.
const MAX_MICRO: usize = 8;

/// `rxing` may panic on pictures that nobody thought of; that is a picture without a code.
fn guarded<T>(work: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok().flatten()
}

/// What a look at a black and white picture gave.
#[derive(Default)]
pub struct Sampled {
    pub reads: Vec<Read>,
    /// What looks like a code and was not read, the most plausible first.
    pub unread: Vec<Candidate>,
}

pub fn sample(matrix: &BitMatrix, thorough: bool, clock: &Clock) -> Sampled {
    let patterns = guarded(|| Some(FindFinderPatterns(matrix, thorough, 0)));
    let Some(mut patterns) = patterns else { return Sampled::default() };
    patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.size));
    patterns.truncate(MAX_PATTERNS);
    let sets = guarded(|| Some(GenerateFinderPatternSets(&mut patterns))).unwrap_or_default();
    let mut sampled = Sampled::default();
    let mut used: Vec<ConcentricPattern> = Vec::new();
    let mut failures = 0;
    for set in &sets {
        if clock.is_over() || failures > MAX_FAILURES * (sampled.reads.len() + 1) {
            break;
        }
        if !is_used(set, &used) && !sampled.try_set(matrix, set, &mut used) {
            failures += 1;
        }
    }
    patterns.retain(|pattern| !used.contains(pattern));
    for set in leaning::sets(matrix, &patterns) {
        if clock.is_over() {
            break;
        }
        if !is_used(&set, &used) && !sets.contains(&set) {
            sampled.try_set(matrix, &set, &mut used);
        }
    }
    sampled
}

fn is_used(set: &FinderPatternSet, used: &[ConcentricPattern]) -> bool {
    [set.bl, set.tl, set.tr].iter().any(|pattern| used.contains(pattern))
}

impl Sampled {
    /// Was there a code to be read at these patterns?
    fn try_set(
        &mut self,
        matrix: &BitMatrix,
        set: &FinderPatternSet,
        used: &mut Vec<ConcentricPattern>,
    ) -> bool {
        let Some(read) = guarded(|| decode(&SampleQR(matrix, set).ok()?)) else {
            if self.unread.len() < MAX_UNREAD {
                self.unread.push(candidate(set));
            }
            return false;
        };
        used.extend([set.bl, set.tl, set.tr]);
        self.reads.push(read);
        true
    }
}

fn candidate(set: &FinderPatternSet) -> Candidate {
    let place = |pattern: &ConcentricPattern| Point { x: pattern.p.x, y: pattern.p.y };
    #[allow(clippy::cast_precision_loss)] // a size in a picture
    let pattern = (set.tl.size + set.tr.size + set.bl.size) as f32 / 3.0;
    Candidate { top_left: place(&set.tl), top_right: place(&set.tr), bottom_left: place(&set.bl), pattern }
}

pub fn micro(matrix: &BitMatrix, clock: &Clock) -> Vec<Read> {
    let patterns = guarded(|| Some(FindFinderPatterns(matrix, true, 0))).unwrap_or_default();
    if patterns.len() > MAX_MICRO {
        return Vec::new();
    }
    let mut reads = Vec::new();
    for pattern in patterns {
        if clock.is_over() {
            break;
        }
        reads.extend(guarded(|| decode(&SampleMQR(matrix, pattern).ok()?)));
    }
    reads
}

/// The text of a code whose modules are known.
pub fn decode_matrix(modules: &BitMatrix) -> Option<String> {
    guarded(|| {
        let decoded = Decode(modules).ok().filter(DecoderResult::isValid)?;
        Some(decoded.text()).filter(|text| !text.is_empty())
    })
}

fn decode(sampled: &QRCodeDetectorResult) -> Option<Read> {
    let text = decode_matrix(sampled.getBits())?;
    let [top_left, top_right, bottom_left, bottom_right] = sampled.getPoints() else { return None };
    let corners = [top_left, top_right, bottom_right, bottom_left].map(|p| Point { x: p.x, y: p.y });
    Some(Read { text, corners })
}

pub fn rqrr(matrix: &BitMatrix) -> Vec<Read> {
    let (width, height) = (matrix.width(), matrix.height());
    let dark = |x: usize, y: usize| match (u32::try_from(x), u32::try_from(y)) {
        (Ok(x), Ok(y)) => matrix.get(x, y),
        _ => false,
    };
    let read = || {
        let mut image = rqrr::PreparedImage::prepare_from_bitmap(width as usize, height as usize, dark);
        let grids = image.detect_grids();
        Some(grids.iter().filter_map(read_grid).collect())
    };
    guarded(read).unwrap_or_default()
}

fn read_grid<G: rqrr::BitGrid>(grid: &rqrr::Grid<G>) -> Option<Read> {
    let (_, text) = grid.decode().ok()?;
    #[allow(clippy::cast_precision_loss)] // a place in a picture
    let corners = grid.bounds.map(|p| Point { x: p.x as f32, y: p.y as f32 });
    (!text.is_empty()).then_some(Read { text, corners })
}
