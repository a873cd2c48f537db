"""Names that look like other names: “аna” with a Cyrillic а is not “ana”."""

# The package that django-registration uses. It knows the script of each character.
from confusable_homoglyphs.categories import unique_aliases

ANY = {"COMMON", "INHERITED"}  # digits, punctuation and accents

# What people do mix. This is the "highly restrictive" level of Unicode's UTS 39: one
# script, or Latin with those of Japanese, Chinese or Korean.
TOGETHER = [
    {"LATIN", "HAN", "HIRAGANA", "KATAKANA"},
    {"LATIN", "HAN", "BOPOMOFO"},
    {"LATIN", "HAN", "HANGUL"},
]

# Letters to Unicode, and nothing to the eye: the fillers of Hangul.
INVISIBLE = set("\u115f\u1160\u3164\uffa0")


def mixes_alphabets(name):
    """Tell whether a name has letters that hide among those of another alphabet."""
    scripts = unique_aliases(name) - ANY
    mixed = len(scripts) > 1 and not any(scripts <= allowed for allowed in TOGETHER)
    return mixed or bool(INVISIBLE & set(name))
