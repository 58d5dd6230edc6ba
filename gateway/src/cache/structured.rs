//! As much of Structured Fields (RFC 9651) as caching headers use: dictionaries of numbers and flags, lists of strings.

/// The value of one dictionary member, without its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bare {
    Integer(i64),
    Boolean(bool),
    String(String),
    /// A token, a decimal or a byte sequence: valid, and of no use here.
    Other,
}

/// The members of a dictionary (§4.2.2), in order, or none when it is malformed: then RFC 9651 says to ignore it whole.
pub(crate) fn dictionary(text: &str) -> Option<Vec<(&str, Bare)>> {
    let mut parser = Parser::new(text);
    parser.separated(|parser| {
        let key = parser.key()?;
        let value =
            if parser.eat(b'=') { parser.item()? } else { parser.parameters().map(|()| Bare::Boolean(true))? };
        Some((key, value))
    })
}

/// The strings of a list (§4.2.1), or none when it is malformed. What is no string is left out.
pub(crate) fn strings(text: &str) -> Option<Vec<String>> {
    let items = Parser::new(text).separated(Parser::item)?;
    let strings = items.into_iter().filter_map(|item| match item {
        Bare::String(text) => Some(text),
        Bare::Integer(_) | Bare::Boolean(_) | Bare::Other => None,
    });
    Some(strings.collect())
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        Self { text: text.trim_matches(' '), at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn take_while(&mut self, accept: impl Fn(u8) -> bool) -> &'a str {
        let begin = self.at;
        while self.peek().is_some_and(&accept) {
            self.at += 1;
        }
        &self.text[begin..self.at]
    }

    /// Members between commas; a comma at the end is malformed.
    fn separated<T>(&mut self, mut member: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let white = |byte| byte == b' ' || byte == b'\t';
        let mut members = Vec::new();
        while self.peek().is_some() {
            members.push(member(self)?);
            self.take_while(white);
            if self.peek().is_none() {
                break;
            }
            if !self.eat(b',') {
                return None;
            }
            self.take_while(white);
            self.peek()?;
        }
        Some(members)
    }

    fn key(&mut self) -> Option<&'a str> {
        let first = self.peek()?;
        (first.is_ascii_lowercase() || first == b'*').then_some(())?;
        Some(self.take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.*".contains(&b)))
    }

    fn item(&mut self) -> Option<Bare> {
        let bare = self.bare()?;
        self.parameters()?;
        Some(bare)
    }

    fn parameters(&mut self) -> Option<()> {
        while self.eat(b';') {
            self.take_while(|byte| byte == b' ');
            self.key()?;
            if self.eat(b'=') {
                self.bare()?;
            }
        }
        Some(())
    }

    fn bare(&mut self) -> Option<Bare> {
        match self.peek()? {
            b'"' => self.string().map(Bare::String),
            b'?' => self.boolean(),
            b':' => self.bytes(),
            b'-' | b'0'..=b'9' => self.number(),
            first if first.is_ascii_alphabetic() || first == b'*' => {
                self.take_while(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&b));
                Some(Bare::Other)
            }
            _ => None,
        }
    }

    fn string(&mut self) -> Option<String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Some(text),
                b'\\' => {
                    let escaped = self.peek().filter(|b| b"\"\\".contains(b))?;
                    self.at += 1;
                    text.push(char::from(escaped));
                }
                b' '..=b'~' => text.push(char::from(byte)),
                _ => return None,
            }
        }
    }

    fn boolean(&mut self) -> Option<Bare> {
        self.at += 1;
        if self.eat(b'1') {
            return Some(Bare::Boolean(true));
        }
        self.eat(b'0').then_some(Bare::Boolean(false))
    }

    fn bytes(&mut self) -> Option<Bare> {
        self.at += 1;
        self.take_while(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
        self.eat(b':').then_some(Bare::Other)
    }

    fn number(&mut self) -> Option<Bare> {
        let begin = self.at;
        self.eat(b'-');
        let digits = self.take_while(|b| b.is_ascii_digit());
        if digits.is_empty() || digits.len() > 15 {
            return None;
        }
        if self.eat(b'.') {
            let decimals = self.take_while(|b| b.is_ascii_digit());
            return (1..=3).contains(&decimals.len()).then_some(Bare::Other);
        }
        self.text[begin..self.at].parse().ok().map(Bare::Integer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_dictionary_of_cache_directives_is_read() {
        let members = dictionary("max-age=60, must-revalidate, no-store=?0;x=1,  s=\"a, b\", t=tok").unwrap();
        let expected = [
            ("max-age", Bare::Integer(60)),
            ("must-revalidate", Bare::Boolean(true)),
            ("no-store", Bare::Boolean(false)),
            ("s", Bare::String("a, b".to_owned())),
            ("t", Bare::Other),
        ];
        assert_eq!(members, expected);
        assert_eq!(dictionary(""), Some(vec![]));
    }

    #[test]
    fn malformed_dictionaries_are_none() {
        for text in
            ["max-age=60,", "Max-Age=60", "max-age=", "a b", "a=1 2", "=1", "a=?2", "a=\"x", "a=1234567890123456", "a;"]
        {
            assert_eq!(dictionary(text), None, "{text}");
        }
    }

    #[test]
    fn a_list_of_strings_is_read_with_its_escapes() {
        assert_eq!(strings(r#""items", "item:7";x=1, tok, "a\"b\\c""#).unwrap(), ["items", "item:7", r#"a"b\c"#]);
        assert_eq!(strings("\"items\" \"item\""), None);
        assert_eq!(strings(r#""a\nb""#), None);
    }

    proptest! {
        #[test]
        fn nothing_makes_the_parser_panic(text in "\\PC{0,40}") {
            let _read = (dictionary(&text), strings(&text));
        }

        #[test]
        fn any_list_of_strings_survives_being_written_and_read(list in prop::collection::vec("[ -~]{0,12}", 0..5)) {
            let quote = |s: &String| format!("\"{}\"", s.replace('\\', "\\\\").replace('"', "\\\""));
            let text = list.iter().map(quote).collect::<Vec<_>>().join(", ");
            prop_assert_eq!(strings(&text).unwrap(), list);
        }
    }
}
