//! Undoing a keyboard layout: a scanner types the positions of a US keyboard, the computer reads them as its own.

use serde::{Deserialize, Serialize};

use crate::PASS_PREFIX;

/// The characters of a US keyboard, row by row, plain then with Shift. The layouts below list the same positions.
const US: &str = concat!(
    "`1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./",
    "~!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:\"ZXCVBNM<>?",
);
/// In the order of [`Layout::ALL`].
const LAYOUTS: [&str; 5] = [
    // German and Austrian.
    concat!(
        "^1234567890ß´qwertzuiopü+#asdfghjklöäyxcvbnm,.-",
        "°!\"§$%&/()=?`QWERTZUIOPÜ*'ASDFGHJKLÖÄYXCVBNM;:_",
    ),
    // Swiss German.
    concat!(
        "§1234567890'^qwertzuiopü¨$asdfghjklöäyxcvbnm,.-",
        "°+\"*ç%&/()=?`QWERTZUIOPè!£ASDFGHJKLéàYXCVBNM;:_",
    ),
    // Swiss French.
    concat!(
        "§1234567890'^qwertzuiopè¨$asdfghjkléàyxcvbnm,.-",
        "°+\"*ç%&/()=?`QWERTZUIOPü!£ASDFGHJKLöäYXCVBNM;:_",
    ),
    // French.
    concat!(
        "²&é\"'(-è_çà)=azertyuiop^$*qsdfghjklmùwxcvbn,;:!",
        "~1234567890°+AZERTYUIOP¨£µQSDFGHJKLM%WXCVBN?./§",
    ),
    // Italian.
    concat!(
        "\\1234567890'ìqwertyuiopè+ùasdfghjklòàzxcvbnm,.-",
        "|!\"£$%&/()=?^QWERTYUIOPé*§ASDFGHJKLç°ZXCVBNM;:_",
    ),
];
/// A keyboard layout whose traces can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Layout {
    German,
    SwissGerman,
    SwissFrench,
    French,
    Italian,
}

impl Layout {
    pub const ALL: [Self; 5] =
        [Self::German, Self::SwissGerman, Self::SwissFrench, Self::French, Self::Italian];

    /// The keys of a text that this layout wrote, as a US keyboard writes them. None where a character is on none of
    /// its keys.
    pub(crate) fn undo(self, text: &str) -> Option<String> {
        let place = Self::ALL.iter().position(|layout| *layout == self)?;
        keys_of(text, LAYOUTS.get(place)?).map(|(keys, _)| keys)
    }
}

/// The accent of these is a key that waits for the next letter; German and Swiss have it where the US has `+`.
const GRAVE: &str = "ÀÈÌÒÙǸẀỲàèìòùǹẁỳ";
const WITHOUT_GRAVE: &str = "AEIOUNWYaeiounwy";

/// Text that a German, Swiss, French or Italian keyboard layout made of a code, turned back.
///
/// Each layout has its own character where the prefix of a pass has its colon, so nothing is guessed. A pass that was
/// typed with Caps Lock on is turned back too. None when the text needs no repair, or when what it lost can not be
/// told: some systems swallow a character after a dead key. What comes back is a claim as any other: parse it, and
/// verify the pass.
pub fn repair_layout(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > 2 * crate::MAX_TEXT || is_ours(text) {
        return None;
    }
    if text.starts_with("fp") {
        let swapped: String = text.chars().map(swap_case).collect();
        return if is_ours(&swapped) { Some(swapped) } else { turn_back_any(&swapped) };
    }
    turn_back_any(text)
}

fn turn_back_any(text: &str) -> Option<String> {
    LAYOUTS.iter().find_map(|layout| turn_back(text, layout))
}

fn turn_back(text: &str, layout: &str) -> Option<String> {
    let (turned, lone_dead_keys) = keys_of(text, layout)?;
    if !is_ours(&turned) {
        return None;
    }
    restore_blanks(turned, lone_dead_keys)
}

/// The keys of a text as a US keyboard writes them, and how many dead keys among them stand alone.
fn keys_of(text: &str, layout: &str) -> Option<(String, usize)> {
    let mut turned = String::with_capacity(text.len());
    let mut lone_dead_keys = 0;
    for char in text.chars() {
        if let Some(key) = key_of(char, layout) {
            lone_dead_keys += usize::from(char == '`');
            turned.push(key);
        } else {
            turned.push(key_of('`', layout)?);
            turned.push(key_of(pick(char, GRAVE, WITHOUT_GRAVE)?, layout)?);
        }
    }
    Some((turned, lone_dead_keys))
}

/// A dead key followed by a blank gives the accent alone: the blank is lost. The length of a pass tells how many were;
/// unless it was none or all of them, nobody knows which.
fn restore_blanks(text: String, dead_keys: usize) -> Option<String> {
    if !text.starts_with(PASS_PREFIX) || dead_keys == 0 {
        return Some(text);
    }
    let lengths = [148usize, 304];
    if lengths.contains(&text.len()) {
        return Some(text);
    }
    lengths.contains(&(text.len() + dead_keys)).then(|| text.replace('+', "+ "))
}

fn key_of(char: char, layout: &str) -> Option<char> {
    if char == ' ' { Some(' ') } else { pick(char, layout, US) }
}

/// The character of `to` at the place where `from` has this one.
fn pick(char: char, from: &str, to: &str) -> Option<char> {
    let place = from.chars().position(|known| known == char)?;
    to.chars().nth(place)
}

fn swap_case(char: char) -> char {
    if char.is_ascii_lowercase() { char.to_ascii_uppercase() } else { char.to_ascii_lowercase() }
}

/// Does it begin as a code of ours does? Twelve digits are one, too.
fn is_ours(text: &str) -> bool {
    text.starts_with(PASS_PREFIX)
        || text.starts_with("{\"version\"")
        || text.starts_with("{\"user_id\"")
        || ["voucher_id", "discount_code", "group_id"]
            .iter()
            .any(|name| text.starts_with(&format!("{{\"{name}\"")))
        || text.starts_with("https://fanpoints.app/")
        || (text.len() >= 12 && text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_lists_every_key() {
        let keys = US.chars().count();
        assert_eq!(keys, 94);
        for layout in LAYOUTS {
            assert_eq!(layout.chars().count(), keys, "{layout}");
        }
        assert_eq!(GRAVE.chars().count(), WITHOUT_GRAVE.chars().count());
    }

    #[test]
    fn no_layout_lists_a_character_twice() {
        for layout in LAYOUTS {
            for char in layout.chars() {
                assert_eq!(layout.chars().filter(|c| *c == char).count(), 1, "{char} in {layout}");
            }
        }
    }

    #[test]
    fn the_prefix_tells_the_layouts_apart() {
        let seen: Vec<String> = LAYOUTS
            .iter()
            .map(|layout| PASS_PREFIX.chars().map(|c| pick(c, US, layout).unwrap_or(c)).collect())
            .collect();
        assert_eq!(seen, ["FP1Ö", "FP1é", "FP1ö", "FP&M", "FP1ç"]);
    }
}
