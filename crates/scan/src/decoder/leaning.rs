//! Which finder patterns belong to one code that leans away from the camera. Then the far patterns are small and the
//! distances between them deceive, by which `rxing` tells a code's corner from its ends. But each pattern is a square of
//! the code's own: along its sides lie the neighbours.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::Point;
use rxing::common::BitMatrix;
use rxing::common::cpp_essentials::{ConcentricPattern, FindConcentricPatternCorners};
use rxing::qrcode::cpp_port::detector::FinderPatternSet;

/// With more patterns than these the picture is full of texture.
const MAX_PATTERNS: usize = 24;
/// Sets that are worth a try.
const MAX_SETS: usize = 4;
/// How far off a side's direction a neighbour may lie, as a tangent; the diagonal is at 1.
const ASIDE: f32 = 0.3;
/// The modules between two patterns, from the smallest version to the largest, and some for what is measured badly.
const MODULES: std::ops::RangeInclusive<f32> = 12.0..=190.0;
/// By how much the two sides of a code may seem to differ.
const UNLIKE: f32 = 1.3;

/// A finder pattern and the directions of its sides, a module long.
struct Square {
    pattern: ConcentricPattern,
    sides: [Point; 2],
}

/// Three patterns of which one sees the others along its sides, equally far away. The most alike first.
pub fn sets(matrix: &BitMatrix, patterns: &[ConcentricPattern]) -> Vec<FinderPatternSet> {
    if patterns.len() < 3 {
        return Vec::new();
    }
    let squares: Vec<Square> =
        patterns.iter().take(MAX_PATTERNS).filter_map(|pattern| Square::of(matrix, *pattern)).collect();
    let mut sets: Vec<(f32, FinderPatternSet)> = Vec::new();
    for corner in &squares {
        let along =
            |side: usize| squares.iter().filter_map(move |end| Some((end, corner.modules(side, end)?)));
        for (one, across) in along(0) {
            for (other, down) in along(1) {
                let unlike = (across / down).max(down / across);
                if unlike < UNLIKE {
                    sets.push((unlike, set(corner.pattern, one.pattern, other.pattern)));
                }
            }
        }
    }
    sets.sort_by(|a, b| a.0.total_cmp(&b.0));
    sets.into_iter().map(|(_, set)| set).take(MAX_SETS).collect()
}

/// The ends in the order that a code has which is not mirrored.
fn set(corner: ConcentricPattern, one: ConcentricPattern, other: ConcentricPattern) -> FinderPatternSet {
    let (tr, bl) =
        if cross(one.p - corner.p, other.p - corner.p) < 0.0 { (other, one) } else { (one, other) };
    FinderPatternSet { bl, tl: corner, tr }
}

impl Square {
    fn of(matrix: &BitMatrix, pattern: ConcentricPattern) -> Option<Self> {
        // The middle of the outer ring: six modules wide.
        const WIDTH: f32 = 6.0;
        let corners = || FindConcentricPatternCorners(matrix, pattern.p, pattern.size, 2);
        let [a, b, c, d] = catch_unwind(AssertUnwindSafe(corners)).ok()??.0;
        let sides = [(b - a + c - d) / (2.0 * WIDTH), (d - a + c - b) / (2.0 * WIDTH)];
        Some(Self { pattern, sides })
    }

    /// How many modules away another pattern is, if it lies along this side and this one along one of its own. None
    /// otherwise.
    fn modules(&self, side: usize, other: &Self) -> Option<f32> {
        let there = self.along(other.pattern.p).filter(|(along, _)| *along == side)?.1;
        let back = other.along(self.pattern.p)?.1;
        // The modules shrink along the way; seen from an angle this is their number, and no estimate.
        let modules = (there * back).sqrt();
        MODULES.contains(&modules).then_some(modules)
    }

    /// The side along which a place lies, and how many of this pattern's modules it is away.
    fn along(&self, place: Point) -> Option<(usize, f32)> {
        let [across, down] = self.sides;
        let way = place - self.pattern.p;
        let area = cross(across, down);
        let (right, low) = ((cross(way, down) / area).abs(), (cross(across, way) / area).abs());
        if low < right * ASIDE {
            Some((0, right))
        } else if right < low * ASIDE {
            Some((1, low))
        } else {
            None
        }
    }
}

fn cross(a: Point, b: Point) -> f32 {
    a.x * b.y - b.x * a.y
}
