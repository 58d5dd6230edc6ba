/// Why the value of a field is refused, in words for whoever typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FieldError {
    #[error("It needs at least one character.")]
    Empty,
    #[error("It has {given} characters; at least {least} are needed.")]
    TooShort { given: usize, least: usize },
    #[error("It has {given} characters; at most {most} are accepted.")]
    TooLong { given: usize, most: usize },
    #[error("It is no e-mail address such as ada@example.org.")]
    NotAnEmail,
    #[error("It is among the passwords that are tried first. Choose another one.")]
    CommonPassword,
    #[error("It holds the control character U+{code:04X}, which is not accepted.")]
    Control { code: u32 },
    #[error("It holds U+{code:04X}, which cannot be seen and can make a name look like another.")]
    Invisible { code: u32 },
    #[error("It is not the password of this account.")]
    WrongPassword,
}

impl FieldError {
    /// The reason as a word that programs can match on.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::NotAnEmail => "not_an_email",
            Self::CommonPassword => "common_password",
            Self::Control { .. } => "control_character",
            Self::Invisible { .. } => "invisible_character",
            Self::WrongPassword => "wrong_password",
        }
    }
}
