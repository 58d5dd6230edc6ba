use std::str::FromStr;

use super::field_error::FieldError;

/// RFC 5321 §4.5.3.1.3 grants a path 256 octets, two of them the brackets around an address.
const MOST: usize = 254;

/// RFC 5321 §4.5.3.1.1.
const MOST_LOCAL: usize = 64;

/// RFC 1035 §2.3.4.
const MOST_LABEL: usize = 63;

/// An e-mail address in lower case, valid as the HTML standard defines it for `<input type=email>`: what browsers accept,
/// which is what mail systems deliver, without the comments and quotes of RFC 5322.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Email(String);

impl Email {
    /// An address that was checked when it was stored.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl FromStr for Email {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim().to_lowercase();
        let given = text.chars().count();
        if given > MOST {
            return Err(FieldError::TooLong { given, most: MOST });
        }
        let (local, domain) = text.rsplit_once('@').ok_or(FieldError::NotAnEmail)?;
        let is_address = is_local(local) && domain.split('.').all(is_label);
        is_address.then_some(()).ok_or(FieldError::NotAnEmail)?;
        Ok(Self(text))
    }
}

fn is_local(local: &str) -> bool {
    let of_an_atom = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    (1..=MOST_LOCAL).contains(&local.len()) && local.bytes().all(of_an_atom)
}

fn is_label(label: &str) -> bool {
    (1..=MOST_LABEL).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_trimmed_and_lowered() {
        assert_eq!(" Ada.L+x@Example.ORG\n".parse::<Email>().unwrap().as_str(), "ada.l+x@example.org");
        for text in ["a@b", "o'hara@x-y.example", "1@2.3", &format!("{}@x.org", "l".repeat(64))] {
            assert!(text.parse::<Email>().is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long_local = format!("{}@x.org", "l".repeat(65));
        let long_label = format!("a@{}.org", "l".repeat(64));
        for text in [
            "",
            "@",
            "a@",
            "@b",
            "ab",
            "a b@c.org",
            "a@b@c.org",
            "a@b..org",
            "a@.org",
            "a@-b.org",
            "a@b-.org",
            "a@b_c.org",
            "a\0@b.org",
            "ä@b.org",
            "a@bücher.example",
            "\"a b\"@c.org",
            "a@[127.0.0.1]",
            "a@b.org\r\nx",
            &long_local,
            &long_label,
        ] {
            assert_eq!(text.parse::<Email>(), Err(FieldError::NotAnEmail), "{text:?}");
        }
        let long = format!("a@{}org", "b.".repeat(126));
        assert_eq!(long.parse::<Email>(), Err(FieldError::TooLong { given: 257, most: 254 }));
    }
}
