use vocabulary::Secret;

use super::common_passwords;
use super::field_error::FieldError;

/// NIST SP 800-63B §5.1.1.2, and so OWASP ASVS 5.
const LEAST: usize = 8;
const MOST: usize = 128;

/// A password that may be set: 8 to 128 characters of any script, none of the most common ones. It is taken as it is, not
/// trimmed or cut.
#[derive(Debug, Clone)]
pub(crate) struct NewPassword(Secret);

impl NewPassword {
    /// # Errors
    /// When it is too short, too long, or among the most common.
    pub(crate) fn parse(secret: Secret) -> Result<Self, FieldError> {
        let given = secret.expose().chars().count();
        if given < LEAST {
            return Err(FieldError::TooShort { given, least: LEAST });
        }
        if given > MOST {
            return Err(FieldError::TooLong { given, most: MOST });
        }
        if common_passwords::contains(secret.expose()) {
            return Err(FieldError::CommonPassword);
        }
        Ok(Self(secret))
    }

    pub(crate) fn into_secret(self) -> Secret {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(), FieldError> {
        NewPassword::parse(Secret::new(text)).map(drop)
    }

    #[test]
    fn a_password_is_counted_in_characters_of_any_script() {
        for text in
            ["nine grey herons", "пароль-на-лето", "密码密码密码密码", "  spaces  ", "nul\0nul\0", &"é".repeat(128)]
        {
            assert_eq!(parse(text), Ok(()), "{text}");
        }
        assert_eq!(parse("ääääääa"), Err(FieldError::TooShort { given: 7, least: 8 }));
        assert_eq!(parse(&"é".repeat(129)), Err(FieldError::TooLong { given: 129, most: 128 }));
    }

    #[test]
    fn the_most_common_passwords_are_refused_however_they_are_capitalised() {
        for text in ["password", "Password1", "12345678", "QWERTYUIOP", "iloveyou1"] {
            assert_eq!(parse(text), Err(FieldError::CommonPassword), "{text}");
        }
    }
}
