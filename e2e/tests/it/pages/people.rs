/// Somebody who comes to the pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) password: &'static str,
}

pub(super) const OWNER: Person =
    Person { name: "Olga the owner", email: "olga@example.org", password: "five stubborn herons" };

pub(super) const BORROWER: Person =
    Person { name: "Boris the borrower", email: "boris@example.org", password: "nine patient badgers" };

pub(super) const OPERATOR: Person =
    Person { name: "Ines the operator", email: "ines@example.org", password: "three watchful geese" };
