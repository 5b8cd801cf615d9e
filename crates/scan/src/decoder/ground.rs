//! Codes without a margin on a plain dark ground, as cut out of a dark screen: the ground is made light, so that the
//! outer rings of the finder patterns end somewhere.

use super::grey::{Grey, View};

/// Levels of grey within which a ground is plain: less than a camera's noise, more than a JPEG's.
const PLAIN: u8 = 6;
/// On a ground this light a code needs no help.
const LIGHT: u8 = 176;
const PAPER: u8 = 255;

/// The picture with its ground made light; None when its edge is not plain, or light already.
pub fn lightened(view: View<'_>) -> Option<Grey> {
    let (width, height) = (view.width, view.height);
    let ground = *view.pixels.first()?;
    let is_ground = |pixel: &u8| pixel.abs_diff(ground) <= PLAIN;
    let sides =
        |y: usize| view.row(y).first().is_some_and(is_ground) && view.row(y).last().is_some_and(is_ground);
    let ends = |y: usize| view.row(y).iter().all(is_ground);
    if ground >= LIGHT || !ends(0) || !ends(height.checked_sub(1)?) || !(0..height).all(sides) {
        return None;
    }
    let mut pixels = view.pixels.to_vec();
    let row_of = |y: usize| y * width..(y + 1) * width;
    for y in 0..height {
        let row = pixels.get_mut(row_of(y))?;
        let left = row.iter().position(|pixel| !is_ground(pixel)).unwrap_or(width);
        let right = row.iter().rposition(|pixel| !is_ground(pixel)).map_or(width, |at| at + 1);
        row.get_mut(..left)?.fill(PAPER);
        row.get_mut(right.max(left)..)?.fill(PAPER);
    }
    // From above and from below, for as long as a column has met nothing else.
    from_the_end(view, &mut pixels, &is_ground, 0..height);
    from_the_end(view, &mut pixels, &is_ground, (0..height).rev());
    Some(Grey { width, height, pixels })
}

fn from_the_end(
    view: View<'_>,
    pixels: &mut [u8],
    is_ground: &impl Fn(&u8) -> bool,
    rows: impl Iterator<Item = usize>,
) {
    let mut open = vec![true; view.width];
    for y in rows {
        let Some(row) = pixels.get_mut(y * view.width..(y + 1) * view.width) else { return };
        let mut any = false;
        for ((open, pixel), original) in open.iter_mut().zip(row).zip(view.row(y)) {
            *open &= is_ground(original);
            if *open {
                *pixel = PAPER;
                any = true;
            }
        }
        if !any {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square of other greys on a ground.
    fn picture(ground: u8) -> Vec<u8> {
        let at = |n: usize| (n % 20, n / 20);
        let inside = |n: usize| (5..15).contains(&at(n).0) && (5..15).contains(&at(n).1);
        (0..400)
            .map(|n| if inside(n) { if (at(n).0 + at(n).1) % 3 == 0 { ground } else { 0 } } else { ground })
            .collect()
    }

    #[test]
    fn the_ground_around_is_lightened_and_the_inside_is_not() {
        let pixels = picture(64);
        let lightened =
            lightened(View { width: 20, height: 20, pixels: &pixels }).expect("a plain ground").pixels;
        let at = |x: usize, y: usize| lightened[y * 20 + x];
        assert_eq!([at(0, 0), at(19, 19), at(10, 2), at(2, 10), at(17, 10), at(10, 17)], [PAPER; 6]);
        assert_eq!([at(9, 9), at(10, 9)], [64, 0], "inside, the ground's grey stays");
    }

    #[test]
    fn no_plain_dark_ground_is_left_alone() {
        let with = |pixels: &[u8]| lightened(View { width: 20, height: 20, pixels }).is_none();
        assert!(with(&picture(230)));
        for place in [7, 393, 140, 159] {
            let mut pixels = picture(64);
            pixels[place] = 90;
            assert!(with(&pixels), "an edge that is not plain at {place}");
        }
        let flat = lightened(View { width: 20, height: 20, pixels: &[30; 400] }).expect("all ground");
        assert!(flat.pixels.iter().all(|pixel| *pixel == PAPER));
        assert!(lightened(View { width: 0, height: 0, pixels: &[] }).is_none());
    }
}
