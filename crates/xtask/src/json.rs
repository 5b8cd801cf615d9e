//! Reads the small JSON files that the platform leaves for whoever started it, and writes the app's pairing file.
//!
//! A parser of its own, because this crate carries no dependency: strict enough for machine-written files.

use std::fmt::Write as _;

use crate::problem::{Outcome, Problem};

/// Deeper nesting than any of our files has.
const MAX_DEPTH: usize = 32;

#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    /// As written: nothing here computes with it.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub fn parse(text: &str) -> Outcome<Self> {
        let mut reader = Reader { rest: text, whole: text.len() };
        let value = reader.value(0)?;
        reader.space();
        if reader.rest.is_empty() { Ok(value) } else { Err(reader.fault("more after the end")) }
    }

    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::List(_) => None,
        }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Self::Text(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::List(_) | Self::Object(_) => None,
        }
    }

    pub fn list(&self, name: &str) -> &[Self] {
        match self.get(name) {
            Some(Self::List(items)) => items,
            _ => &[],
        }
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::List(_) | Self::Object(_) => None,
        }
    }
}

/// An object of texts, as the pairing file is one.
pub fn object_of_texts(fields: &[(&str, &str)]) -> String {
    let lines: Vec<String> =
        fields.iter().map(|(key, value)| format!("  {}: {}", quoted(key), quoted(value))).collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c < ' ' => {
                // Writing to a String does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

struct Reader<'a> {
    rest: &'a str,
    whole: usize,
}

impl Reader<'_> {
    fn fault(&self, what: &str) -> Problem {
        Problem::new(format!("this JSON is not as expected at byte {}: {what}", self.whole - self.rest.len()))
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    fn take(&mut self, word: &str) -> bool {
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn next(&mut self) -> Outcome<char> {
        let mut chars = self.rest.chars();
        let c = chars.next().ok_or_else(|| self.fault("it ends too early"))?;
        self.rest = chars.as_str();
        Ok(c)
    }

    fn value(&mut self, depth: usize) -> Outcome<Json> {
        if depth > MAX_DEPTH {
            return Err(self.fault("nested too deeply"));
        }
        self.space();
        for (word, value) in [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))]
        {
            if self.take(word) {
                return Ok(value);
            }
        }
        match self.rest.chars().next() {
            Some('"') => self.text().map(Json::Text),
            Some('[') => self.list(depth),
            Some('{') => self.object(depth),
            Some('-' | '0'..='9') => Ok(self.number()),
            _ => Err(self.fault("a value was expected")),
        }
    }

    fn number(&mut self) -> Json {
        let end = self.rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'));
        let (digits, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        Json::Number(digits.to_owned())
    }

    fn list(&mut self, depth: usize) -> Outcome<Json> {
        let mut items = Vec::new();
        self.next()?;
        self.space();
        if self.take("]") {
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.take("]") {
                return Ok(Json::List(items));
            }
            if !self.take(",") {
                return Err(self.fault("\",\" or \"]\" was expected"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Outcome<Json> {
        let mut fields = Vec::new();
        self.next()?;
        self.space();
        if self.take("}") {
            return Ok(Json::Object(fields));
        }
        loop {
            self.space();
            if !self.rest.starts_with('"') {
                return Err(self.fault("a name was expected"));
            }
            let key = self.text()?;
            self.space();
            if !self.take(":") {
                return Err(self.fault("\":\" was expected"));
            }
            fields.push((key, self.value(depth + 1)?));
            self.space();
            if self.take("}") {
                return Ok(Json::Object(fields));
            }
            if !self.take(",") {
                return Err(self.fault("\",\" or \"}\" was expected"));
            }
        }
    }

    fn text(&mut self) -> Outcome<String> {
        self.next()?;
        let mut out = String::new();
        loop {
            match self.next()? {
                '"' => return Ok(out),
                '\\' => out.push(self.escaped()?),
                c if c < ' ' => return Err(self.fault("a control character in a text")),
                c => out.push(c),
            }
        }
    }

    fn escaped(&mut self) -> Outcome<char> {
        match self.next()? {
            c @ ('"' | '\\' | '/') => Ok(c),
            'b' => Ok('\u{8}'),
            'f' => Ok('\u{c}'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'u' => {
                let mut code = 0;
                for _ in 0..4 {
                    let digit =
                        self.next()?.to_digit(16).ok_or_else(|| self.fault("a \\u without four digits"))?;
                    code = code * 16 + digit;
                }
                // Halves of a surrogate pair do not occur in URLs, ids and secrets.
                char::from_u32(code).ok_or_else(|| self.fault("half a character"))
            }
            _ => Err(self.fault("an unknown escape")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_like_the_platforms_is_read() {
        let text = r#" {"endpoint":"http://[::1]:9/graphql", "n": -1.5e3, "ok":true, "no":null,
            "pages":["a\"b","\u00e4\n"], "deep":[{"x":[]},{}]} "#;
        let json = Json::parse(text).unwrap();
        assert_eq!(json.text("endpoint"), Some("http://[::1]:9/graphql"));
        assert_eq!(json.get("n"), Some(&Json::Number("-1.5e3".to_owned())));
        assert_eq!(json.list("pages")[0].as_text(), Some("a\"b"));
        assert_eq!(json.list("pages")[1].as_text(), Some("ä\n"));
        assert_eq!(json.list("deep").len(), 2);
        assert_eq!(json.get("missing"), None);
    }

    #[test]
    fn rubbish_is_refused_with_its_place() {
        for text in ["", "{", "[1,]", "{\"a\" 1}", "\"a", "{} x", "\"\\q\"", "\"\\ud800\"", "nul", "{a:1}"] {
            assert!(Json::parse(text).is_err(), "{text} was taken");
        }
        assert!(Json::parse("{} x").unwrap_err().to_string().contains("byte 3"));
        assert!(Json::parse(&"[".repeat(1000)).is_err());
    }

    #[test]
    fn what_is_written_reads_back() {
        let odd = "a\"b\\c\nd\u{1}ü";
        let json = Json::parse(&object_of_texts(&[("k", odd), ("l", "")])).unwrap();
        assert_eq!(json.text("k"), Some(odd));
        assert_eq!(json.text("l"), Some(""));
    }
}
