//! The steps of the cascade, as data: cheap and often lucky ones first, each unlike the one before.

use std::fmt;

/// How large the picture is that a stage looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scale {
    Full,
    Half,
    Third,
    Quarter,
}

/// What is done to the picture first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    None,
    Sharpen,
    Blur,
    /// Gamma one half.
    Brighten,
    /// The darkest of 3 × 3.
    Darkest,
    /// The lightest of 3 × 3.
    Lightest,
    LocalContrast,
    /// A plain dark ground made light; where there is none the stage has nothing to do.
    LightGround,
}

/// How dark is told from light.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Light {
    Fixed(u8),
    /// Blocks of so many pixels, smoothed.
    Blocks(u8),
    /// Against the mean of a square, in grey levels below it.
    Mean {
        radius: u8,
        below: i8,
    },
    /// Halfway between the extremes of a square.
    Middle(u8),
    Sauvola(u8),
}

/// Who looks for codes in the black and white picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reader {
    /// QR codes: the finder and sampler of `rxing`.
    Sampler,
    /// The same, row after row.
    Thorough,
    /// QR codes: `rqrr`, which finds them in a way of its own.
    Rqrr,
    /// QR codes that other stages found and did not read, straight from the grey picture.
    Refit,
    /// Micro QR codes.
    Micro,
    /// EAN-13, UPC-A and Code 128, straight from the grey rows.
    Bars,
}

/// One step of the cascade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stage {
    pub scale: Scale,
    pub filter: Filter,
    pub light: Light,
    /// Light modules on a dark ground.
    pub inverted: bool,
    pub reader: Reader,
}

impl Stage {
    const fn new(scale: Scale, light: Light) -> Self {
        Self { scale, filter: Filter::None, light, inverted: false, reader: Reader::Sampler }
    }

    const fn filtered(scale: Scale, filter: Filter, light: Light) -> Self {
        Self { filter, ..Self::new(scale, light) }
    }

    const fn inverted(scale: Scale, light: Light) -> Self {
        Self { inverted: true, ..Self::new(scale, light) }
    }

    const fn read_by(scale: Scale, light: Light, reader: Reader) -> Self {
        Self { reader, ..Self::new(scale, light) }
    }

    /// What was found so far, again.
    const fn refit(scale: Scale) -> Self {
        Self::read_by(scale, Light::Fixed(0), Reader::Refit)
    }

    /// What may take too long to be started late in a frame: `rqrr` can not be told to stop.
    pub(super) fn is_heavy(self) -> bool {
        self.reader == Reader::Rqrr
    }

    /// The same black and white picture, but for its polarity?
    pub(super) fn shares_picture(self, other: Self) -> bool {
        self.scale == other.scale && self.filter == other.filter && self.light == other.light
    }
}

const MEAN_10: Light = Light::Mean { radius: 10, below: 2 };
const MEAN_20: Light = Light::Mean { radius: 20, below: 2 };

pub(super) const BARS: Stage = Stage::read_by(Scale::Full, Light::Fixed(0), Reader::Bars);

/// Tried on every frame.
pub(super) const QUICK: &[Stage] = &[
    Stage::new(Scale::Half, Light::Fixed(112)),
    Stage::new(Scale::Half, Light::Blocks(8)),
    Stage::new(Scale::Half, Light::Fixed(80)),
    Stage::new(Scale::Half, Light::Fixed(160)),
    Stage::new(Scale::Full, Light::Fixed(128)),
];

/// Tried while nothing was read: as far as the time of a frame goes, the rest on the frames that follow.
pub(super) const PATIENT: &[Stage] = &[
    Stage::new(Scale::Full, Light::Blocks(8)),
    Stage::new(Scale::Half, Light::Fixed(48)),
    Stage::filtered(Scale::Half, Filter::Sharpen, MEAN_10),
    Stage::new(Scale::Half, MEAN_20),
    Stage::inverted(Scale::Half, MEAN_20),
    Stage::new(Scale::Half, Light::Fixed(128)),
    Stage::inverted(Scale::Half, Light::Fixed(128)),
    Stage::filtered(Scale::Third, Filter::Sharpen, MEAN_10),
    Stage::refit(Scale::Full),
    Stage::filtered(Scale::Full, Filter::LightGround, Light::Blocks(8)),
    BARS,
    Stage::new(Scale::Quarter, MEAN_10),
    Stage::new(Scale::Third, MEAN_20),
    Stage::filtered(Scale::Full, Filter::Blur, Light::Fixed(96)),
    Stage::new(Scale::Full, Light::Fixed(160)),
    Stage::new(Scale::Full, MEAN_20),
    Stage::inverted(Scale::Full, MEAN_20),
    Stage::filtered(Scale::Half, Filter::Brighten, Light::Blocks(8)),
    Stage::read_by(Scale::Full, Light::Fixed(128), Reader::Thorough),
    Stage::new(Scale::Full, Light::Fixed(64)),
    Stage::filtered(Scale::Half, Filter::LocalContrast, Light::Blocks(8)),
    Stage::refit(Scale::Half),
    Stage::filtered(Scale::Full, Filter::LocalContrast, Light::Blocks(8)),
    Stage::new(Scale::Full, Light::Blocks(4)),
    Stage::new(Scale::Half, Light::Middle(10)),
    Stage::new(Scale::Half, Light::Sauvola(20)),
    Stage::filtered(Scale::Half, Filter::Darkest, Light::Blocks(8)),
    Stage::filtered(Scale::Half, Filter::Lightest, Light::Fixed(112)),
    Stage::new(Scale::Half, Light::Fixed(200)),
    Stage::read_by(Scale::Half, Light::Blocks(8), Reader::Rqrr),
    Stage::read_by(Scale::Half, Light::Blocks(8), Reader::Micro),
    Stage::read_by(Scale::Full, Light::Blocks(8), Reader::Micro),
];

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = match self.scale {
            Scale::Full => "full",
            Scale::Half => "half",
            Scale::Third => "third",
            Scale::Quarter => "quarter",
        };
        f.write_str(scale)?;
        match self.reader {
            Reader::Bars => return f.write_str(" bars"),
            Reader::Refit => return f.write_str(" refit"),
            Reader::Sampler | Reader::Thorough | Reader::Rqrr | Reader::Micro => {}
        }
        if self.filter != Filter::None {
            write!(f, " {:?}", self.filter)?;
        }
        match self.light {
            Light::Fixed(threshold) => write!(f, " fixed {threshold}")?,
            Light::Blocks(size) => write!(f, " blocks {size}")?,
            Light::Mean { radius, below } => write!(f, " mean {radius} below {below}")?,
            Light::Middle(radius) => write!(f, " middle {radius}")?,
            Light::Sauvola(radius) => write!(f, " sauvola {radius}")?,
        }
        if self.inverted {
            f.write_str(" inverted")?;
        }
        match self.reader {
            Reader::Sampler | Reader::Bars | Reader::Refit => Ok(()),
            Reader::Thorough => f.write_str(" thorough"),
            Reader::Rqrr => f.write_str(" rqrr"),
            Reader::Micro => f.write_str(" micro"),
        }
    }
}
