//! Does anything move before the camera? Where nothing does, looking harder again finds nothing new.

use super::grey::View;

/// Cells of the coarse picture that is kept of the last frame.
const ACROSS: usize = 32;
const DOWN: usize = 18;
/// Levels of grey by which a cell may differ: above the noise of a camera, below a hand or a phone.
const CHANGE: u8 = 6;
/// Frames that get all the time there is, after something moved.
const EAGER: u32 = 3;

#[derive(Debug, Default)]
pub struct Calm {
    cells: Vec<u8>,
    still: u32,
}

impl Calm {
    /// For how many frames nothing has moved.
    pub fn frames(&self) -> usize {
        self.still as usize
    }

    /// As the last frame taken in was.
    pub fn still(&self) -> bool {
        self.still >= EAGER
    }

    /// Takes in the next frame: has nothing moved for a few of them?
    pub fn is_still(&mut self, view: View<'_>) -> bool {
        let cells = cells(view);
        let same = self.cells.len() == cells.len()
            && cells.iter().zip(&self.cells).all(|(new, old)| new.abs_diff(*old) <= CHANGE);
        if same {
            self.still = self.still.saturating_add(1);
        } else {
            self.still = 0;
            // Kept until something moves: light that fades slowly adds up.
            self.cells = cells;
        }
        self.still()
    }
}

/// The mean of each cell, from every fourth pixel of every fourth row.
fn cells(view: View<'_>) -> Vec<u8> {
    let (wide, high) = (view.width.div_ceil(ACROSS).max(1), view.height.div_ceil(DOWN).max(1));
    let mut sums = vec![(0u32, 0u32); ACROSS * DOWN];
    for y in (0..view.height).step_by(4) {
        let first = (y / high).min(DOWN - 1) * ACROSS;
        for (cell, pixels) in sums.iter_mut().skip(first).zip(view.row(y).chunks(wide)) {
            for pixel in pixels.iter().step_by(4) {
                cell.0 += u32::from(*pixel);
                cell.1 += 1;
            }
        }
    }
    sums.iter().map(|(sum, count)| u8::try_from(sum / count.max(&1)).unwrap_or(u8::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calm_until_something_moves() {
        let mut calm = Calm::default();
        let mut pixels = vec![100u8; 640 * 360];
        let mut step = |pixels: &[u8]| calm.is_still(View { width: 640, height: 360, pixels });
        assert_eq!([step(&pixels), step(&pixels), step(&pixels), step(&pixels)], [false, false, false, true]);
        for (n, pixel) in pixels.iter_mut().enumerate() {
            *pixel = 92 + u8::try_from(n * 31 % 17).unwrap_or(0);
        }
        assert!(step(&pixels), "noise is no movement");
        for row in pixels.chunks_exact_mut(640).skip(100).take(40) {
            row[300..340].fill(20);
        }
        assert!(!step(&pixels), "a phone comes into view");
        assert!(!step(&pixels));
        assert!(!step(&pixels));
        assert!(step(&pixels));
        assert!(!calm.is_still(View { width: 3, height: 2, pixels: &[0; 6] }), "another size");
    }
}
