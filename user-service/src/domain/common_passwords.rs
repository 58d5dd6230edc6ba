/// Whether the password is among those that are tried first, capital letters or not.
pub(crate) fn contains(password: &str) -> bool {
    let lower = password.to_lowercase();
    COMMON.split_ascii_whitespace().any(|common| common == lower)
}

/// Those of eight characters and more that head the published lists of leaked passwords, and this program's own name.
const COMMON: &str = "\
    00000000 000000000 0000000000 0123456789 0987654321 101010101 10203040 11111111 111111111 1111111111 11223344 \
    112233445566 12121212 121212121 123123123 123321123 12341234 12344321 123454321 12345678 123456781 123456789 \
    1234567890 123456789a 1234abcd 1234qwer 123abc123 123qwerty 13131313 147258369 159357456 19871987 1q2w3e4r \
    1q2w3e4r5t 1qaz2wsx 1qazxsw2 20252025 20262026 22222222 23232323 33333333 55555555 66666666 69696969 741852963 \
    77777777 789456123 87654321 88888888 987654321 99999999 a123456789 a1b2c3d4 aa123456 aaaaaaaa abc12345 abc123456 \
    abcd1234 abcdefg1 abcdefgh access14 admin123 admin1234 adminadmin administrator alexander anthony1 arsenal1 \
    asasasas asdf1234 asdfasdf asdfghjk asdfghjkl ashley12 autumn2025 azertyuiop babygirl1 barcelona baseball \
    baseball1 basketball batman123 blahblah blink182 butterfly changeme changeme1 changeme123 charlie1 chelsea1 \
    cheyenne chocolate computer computer1 contraseña corvette danielle december default1 dragon123 elizabeth \
    facebook ferrari1 football football1 freedom1 google123 guest123 hannah12 hello123 hello1234 helloworld iloveyou \
    iloveyou! iloveyou1 iloveyou2 internet internet1 jennifer jessica1 jordan23 killer123 lendery1 lendery123 \
    letmein1 letmein123 liverpool liverpool1 lkjhgfdsa lovelove master12 master123 maverick mercedes michael1 \
    mnbvcxz1 monkey123 motdepasse nicole12 november p@ssw0rd p@ssword pa55word pass1234 passpass passw0rd password \
    password1 password12 password123 password1234 passwort passwort1 poiuytrewq pokemon1 princess princess1 q1w2e3r4 \
    q1w2e3r4t5 qazwsxedc qqqqqqqq qwe123qwe qwer1234 qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyui qwertyuiop \
    qwertz123 root1234 rootroot samsung1 secret12 secret123 september shadow12 spiderman spring2025 startrek \
    starwars strawberry summer2024 summer2025 sunshine sunshine1 superman superman1 test1234 testing1 testing123 \
    testtest trustno1 user1234 victoria welcome1 welcome12 welcome123 welcome2024 welcome2025 whatever winter2024 \
    winter2025 xxxxxxxx zaq12wsx zxcvbnm1 zxcvbnm123 zxcvbnma zzzzzzzz";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds_words_in_lower_case_that_are_long_enough_to_be_tried() {
        assert!(COMMON.split_ascii_whitespace().count() > 150);
        for word in COMMON.split_ascii_whitespace() {
            assert!(word.chars().count() >= 8 && word == word.to_lowercase(), "{word}");
        }
    }
}
