"""Names that look like other names: “аna” with a Cyrillic а is not “ana”."""

# The package that django-registration uses. It knows each character's script.
from confusable_homoglyphs.categories import unique_aliases

ANY = {"COMMON", "INHERITED"}  # digits, punctuation and accents

# Scripts that people do mix. This is the "highly restrictive" level of Unicode's UTS 39: one
# script, or Latin with those of Japanese, Chinese or Korean.
TOGETHER = [
    {"LATIN", "HAN", "HIRAGANA", "KATAKANA"},
    {"LATIN", "HAN", "BOPOMOFO"},
    {"LATIN", "HAN", "HANGUL"},
]

# Unicode calls these letters, but they are invisible: the fillers of Hangul.
INVISIBLE = set("\u115f\u1160\u3164\uffa0")


def mixes_alphabets(name):
    """Return whether a name mixes letters of several alphabets, or hides some."""
    scripts = unique_aliases(name) - ANY
    mixed = len(scripts) > 1 and not any(scripts <= allowed for allowed in TOGETHER)
    return mixed or bool(INVISIBLE & set(name))
