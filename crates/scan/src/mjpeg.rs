//! What cameras write as MJPEG, made into JPEG pictures that everybody reads.

use std::sync::LazyLock;

use bytes::Bytes;
use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

const START: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
const TABLES: u8 = 0xc4;

/// The picture alone, with Huffman tables in it.
///
/// A driver may hand over its whole buffer, as large as a frame without compression. And a camera may leave out the
/// tables of the standard, which readers of still pictures want to see. What is no JPEG picture stays as it is.
pub fn completed(buffer: Bytes) -> Bytes {
    let Some(found) = Layout::of(&buffer) else { return buffer };
    let picture = buffer.slice(..found.length);
    let Some(scan) = found.bare_scan else { return picture };
    let (head, rest) = picture.split_at(scan);
    Bytes::from([head, &STANDARD_TABLES, rest].concat())
}

struct Layout {
    /// With the end mark; of all there is, where that was torn off.
    length: usize,
    /// Where the first scan begins, if no tables stand before it.
    bare_scan: Option<usize>,
}

impl Layout {
    /// None: no JPEG picture.
    fn of(bytes: &[u8]) -> Option<Self> {
        let segments = Segments::new(bytes)?;
        let mut tables = false;
        let mut bare_scan = None;
        for (mark, at) in segments {
            match mark {
                END => return Some(Self { length: at + 2, bare_scan }),
                TABLES => tables = true,
                SCAN if !tables => bare_scan = bare_scan.or(Some(at)),
                _ => {}
            }
        }
        Some(Self { length: bytes.len(), bare_scan })
    }
}

/// The marks of a picture and where they stand.
struct Segments<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Compressed data comes next, up to a mark that is neither a zero nor a restart.
    in_scan: bool,
}

impl<'a> Segments<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.starts_with(&[0xff, START]).then_some(Self { bytes, at: 2, in_scan: false })
    }
}

impl Iterator for Segments<'_> {
    type Item = (u8, usize);

    fn next(&mut self) -> Option<Self::Item> {
        if self.in_scan {
            let ends = |pair: &[u8]| matches!(pair, [0xff, mark] if !matches!(mark, 0 | 0xd0..=0xd7));
            self.at += self.bytes.get(self.at..)?.windows(2).position(ends)?;
        }
        // Any number of 0xff may stand before a mark.
        self.at += self.bytes.get(self.at..)?.windows(2).take_while(|pair| *pair == [0xff, 0xff]).count();
        let [0xff, mark] = *self.bytes.get(self.at..)?.first_chunk()? else { return None };
        let found = (mark, self.at);
        self.in_scan = mark == SCAN;
        self.at += 2;
        if mark != END {
            let length = *self.bytes.get(self.at..)?.first_chunk()?;
            self.at += usize::from(u16::from_be_bytes(length));
        }
        Some(found)
    }
}

/// The tables that the standard proposes (ITU T.81, K.3), as every encoder writes them that is in no hurry to do better.
static STANDARD_TABLES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut picture = Vec::new();
    let written = JpegEncoder::new(&mut picture).encode(&[0; 3], 1, 1, ExtendedColorType::Rgb8);
    debug_assert!(written.is_ok(), "one pixel can be written");
    let Some(segments) = Segments::new(&picture) else { return Vec::new() };
    let places: Vec<(u8, usize)> = segments.collect();
    let pairs = places.iter().zip(places.iter().skip(1));
    let tables = pairs.filter(|((mark, _), _)| *mark == TABLES);
    tables.flat_map(|((_, from), (_, to))| picture.get(*from..*to).unwrap_or_default().to_vec()).collect()
});

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgb, RgbImage};

    use super::*;
    use crate::{PixelFormat, luma_from_pixels};

    fn picture() -> Vec<u8> {
        let shade = |place: u32| u8::try_from(place % 256).unwrap_or_default();
        let colours = RgbImage::from_fn(64, 48, |x, y| Rgb([shade(x * 4), shade(y * 5), 90]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        colours.write_to(&mut bytes, ImageFormat::Jpeg).expect("a picture can be written");
        bytes.into_inner()
    }

    /// As a camera writes it that leaves the tables out.
    fn without_tables() -> Vec<u8> {
        let whole = picture();
        let places: Vec<(u8, usize)> = Segments::new(&whole).expect("a picture").collect();
        let mut bare = whole[..2].to_vec();
        for (segment, next) in places.iter().zip(places.iter().skip(1)) {
            if segment.0 != TABLES {
                bare.extend(&whole[segment.1..next.1]);
            }
        }
        bare.extend([0xff, END]);
        bare
    }

    fn luma(bytes: &[u8]) -> Option<Vec<u8>> {
        luma_from_pixels(PixelFormat::Mjpeg, 64, 48, bytes).ok().map(|frame| frame.luma)
    }

    #[test]
    fn what_follows_the_picture_is_left_off() {
        let whole = picture();
        let end_of_another = [0xff, END, 7, 0xff, END];
        for rest in [&[][..], &[0; 5000], &end_of_another] {
            assert_eq!(completed([&whole, rest].concat().into()), whole);
        }
    }

    #[test]
    fn tables_that_were_left_out_are_put_back() {
        let bare = without_tables();
        assert_eq!(luma(&bare), None, "nobody reads it so");
        let read = luma(&completed(bare.clone().into()));
        assert!(read.is_some());
        assert_eq!(read, luma(&picture()));
        assert!(completed(bare.into()).len() > picture().len() - 8);
    }

    #[test]
    fn what_is_no_picture_or_a_torn_one_stays_as_it_is() {
        let whole = picture();
        let torn = &whole[..whole.len() - 30];
        for bytes in [&b""[..], b"no picture", &[0xff], &[0xff, START], &[0xff, START, 0xff, SCAN], torn] {
            let kept = completed(bytes.to_vec().into());
            assert!(kept == bytes || kept.len() > bytes.len(), "{bytes:?}");
        }
        assert_eq!(completed(torn.to_vec().into()), torn);
    }
}
