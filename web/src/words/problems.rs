use problem::Kind;

use super::Language;

/// One line that names a kind of problem.
pub(crate) fn title(language: Language, kind: Kind) -> &'static str {
    match language {
        Language::English => kind.title(),
        Language::German => german(kind).map_or(kind.title(), |(title, _)| title),
    }
}

/// What it means and what helps.
pub(crate) fn explanation(language: Language, kind: Kind) -> &'static str {
    match language {
        Language::English => kind.explanation(),
        Language::German => german(kind).map_or(kind.explanation(), |(_, explanation)| explanation),
    }
}

/// The table is by slug, so that a kind which is new stands in English until its words are here; a test asks for them.
fn german(kind: Kind) -> Option<(&'static str, &'static str)> {
    Some(match kind.slug() {
        "malformed-request" => (
            "Die Anfrage ist nicht wohlgeformt",
            "Die Adresse oder ein Kopffeld war nicht zu verstehen. Die Einzelheiten sagen, was.",
        ),
        "malformed-json" => (
            "Der Inhalt ist kein JSON",
            "Der Inhalt bricht ab oder verletzt die Grammatik von JSON. Die Einzelheiten sagen, wo.",
        ),
        "unknown-field" => (
            "Der Inhalt hat ein Feld, das es nicht gibt",
            "Unbekannte Felder werden abgelehnt, damit ein falsch geschriebenes nicht still verloren geht.",
        ),
        "unknown-parameter" => (
            "Die Suche hat einen Parameter, den es nicht gibt",
            "Unbekannte oder doppelte Parameter werden abgelehnt, damit ein falsch geschriebener Filter nicht alles zeigt.",
        ),
        "invalid-cursor" => (
            "Diese Stelle gehört nicht zu dieser Liste",
            "Eine Stelle gilt nur mit den Filtern und der Ordnung, für die sie gemacht wurde. Beginne noch einmal von vorn.",
        ),
        "invalid-token" => {
            ("Bitte zuerst anmelden", "Dafür muss man angemeldet sein, und diese Anmeldung gilt nicht oder nicht mehr.")
        }
        "wrong-credentials" => (
            "E-Mail und Passwort passen nicht zusammen",
            "Niemand hat diese E-Mail mit diesem Passwort. Die Antwort ist dieselbe, ob es die E-Mail gibt oder nicht.",
        ),
        "forbidden" => ("Das steht dir nicht zu", "Das darf nur, wem es gehört, oder wer Lendery verwaltet."),
        "not-found" => (
            "Unter dieser Adresse ist nichts",
            "Die Adresse ist falsch geschrieben, oder was dort ist, ist nicht für dich zu sehen.",
        ),
        "method-not-allowed" => ("Diese Methode gibt es hier nicht", "Das Kopffeld Allow nennt, welche es hier gibt."),
        "conflict" => (
            "So, wie es steht, geht das nicht",
            "Was verlangt wird, widerspricht dem, was jetzt gilt. Die Einzelheiten sagen, worin.",
        ),
        "email-taken" => ("Zu dieser E-Mail gibt es schon ein Konto", "Melde dich damit an, oder nimm eine andere."),
        "request-in-flight" => (
            "Dieselbe Anfrage ist noch in Arbeit",
            "Eine Anfrage mit diesem Schlüssel ist noch nicht zu Ende. Sende sie etwas später noch einmal.",
        ),
        "gone" => ("Was hier war, ist ausgemustert", "Wer es angeboten hat, hat es für immer herausgenommen."),
        "stale-version" => (
            "Inzwischen hat es jemand geändert",
            "Die Änderung gilt einer älteren Fassung. Lies die neue, und sende die Änderung dann noch einmal.",
        ),
        "body-too-large" => ("Das ist zu groß", "Die Einzelheiten sagen, wie viele Bytes hier angenommen werden."),
        "unsupported-media-type" => (
            "Der Inhalt hat die falsche Art",
            "Das Kopffeld Content-Type muss die Art nennen, die hier angenommen wird.",
        ),
        "invalid-fields" => {
            ("Ein paar Felder haben Werte, die nicht gehen", "Jedes abgelehnte Feld wird mit dem Grund genannt.")
        }
        "key-reused" => (
            "Dieser Schlüssel stand schon für eine andere Anfrage",
            "Ein Schlüssel steht für eine Anfrage. Eine neue Anfrage braucht einen eigenen.",
        ),
        "missing-precondition" => (
            "Die Änderung sagt nicht, welcher Fassung sie gilt",
            "Nur mit der gelesenen Fassung in If-Match geht niemandes Änderung verloren.",
        ),
        "too-many-requests" => ("Zu viele Anfragen", "Warte so lange, wie Retry-After sagt."),
        "headers-too-large" => (
            "Die Kopffelder sind zu groß",
            "Es sind zu viele, oder sie sind zu lang. Das Löschen der Cookies dieser Seite kann helfen.",
        ),
        "internal" => (
            "Bei uns ist etwas schiefgegangen",
            "Wer Lendery betreibt, findet die Ursache unter der Kennung der Anfrage.",
        ),
        "unavailable" => {
            ("Ein Teil von Lendery antwortet nicht", "Es wurde nichts geändert. Versuche es gleich noch einmal.")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_problem_has_german_words() {
        for kind in Kind::ALL {
            assert!(german(kind).is_some(), "add German words for `{}`", kind.slug());
        }
    }
}
