"""Keeping secrets out of everything that is printed.

A report is pasted into forums and stays in the logs of CI. A line that is shown may hold a
SECRET_KEY, a password in a URL, or a token; what is printed has `***` in its place.
"""

import re

HIDDEN = "***"
LONGEST = 300  # characters of a line; what is longer wasn't written by hand
LONGEST_SENTENCE = 2_000  # of ours, with some of the project's words in it

# Part of a name, in the languages of the projects that we've seen.
WORDS = (
    "secret|password|passwd|passphrase|token|api_?key|access_?key|private_?key|"
    "signing_?key|auth_?key|encryption_?key|credential|senha|contrasena|contraseña|segredo"
)
NAME = rf"[\w-]{{0,40}}(?:{WORDS})\w{{0,40}}"  # in bounds: some lines are very long

# SECRET_KEY = "…", "PASSWORD": '…', os.environ.get("TOKEN", "…"), password="…"; in a diff and
# in brackets, the text may be on the next line.
TEXT = re.compile(
    rf"""(?P<before>\b{NAME}["']?\s{{0,80}}\]?\s{{0,80}}(?::\s{{0,9}}[\w.]+\s*)?(?:=|:|,)[\s+(\-]{{0,80}}"""
    r"""(?:[\w.]+\(\s*(?:["'][A-Z_0-9]+["']\s*,\s*)?)?(?:\w+\s*=\s*)?(?:[rbfu]{1,2})?)"""
    r"""(?P<quote>\"\"\"|\'\'\'|["'])"""
    r"""(?P<value>(?<=\"\"\"|\'\'\')(?s:.*?)(?=(?P=quote)|\Z)|(?:\\.|(?!(?P=quote)).)*)""",
    re.IGNORECASE,
)
# A line of .env, a Dockerfile, a compose file or a shell: SECRET_KEY=…, PASSWORD: …
PLAIN = re.compile(
    rf"""^(?P<before>[-+ \t]{{0,80}}(?:(?:export|ENV|ARG|-)[ ]+)?["']?[A-Z0-9_]*(?:{WORDS.upper()})"""
    r"""[A-Z0-9_]*["']?(?:=|:[ ]+|[ ]+(?![=:])))(?P<value>(?!["'\s$]).+)$""",
    re.MULTILINE,
)
URL = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@\"'<>]*):([^\s/@\"'<>{}$]+)@", re.I)
# What gives itself away: Django's own prefix, and keys of well-known services.
SHAPES = re.compile(
    r"django-insecure-[^\s\"']+|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}"
    r"|\bsk-[\w-]{20,}|\bsk_live_\w{10,}|\bxox[abprs]-[\w-]{10,}|\bAIza[\w-]{35}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*"
)


def hide(text: str, longest: int = LONGEST) -> str:
    """Return a text with `***` in place of every secret in it, and its long lines cut."""
    if len(text) > longest:
        text = "\n".join(cut(line, longest) for line in text.split("\n"))
    return hide_all(text)


def cut(line: str, longest: int) -> str:
    """Return a line that can be shown, and be searched in no time."""
    if len(line) <= longest:
        return line
    # A secret that the cut goes through is only known as one with what follows it.
    return hide_all(line[: 3 * longest])[:longest] + " …"


def hide_all(text: str) -> str:
    """Return a text with `***` in place of every secret in it."""
    text = URL.sub(rf"\1:{HIDDEN}@", text)
    text = TEXT.sub(hide_text, text)
    text = PLAIN.sub(rf"\g<before>{HIDDEN}", text)
    return SHAPES.sub(HIDDEN, text)


def hide_text(found: re.Match[str]) -> str:
    """Hide a quoted value, unless it's empty or only the name of a variable."""
    value, quote = found["value"], found["quote"]
    is_name = re.fullmatch(rf"{NAME}|[A-Z_0-9]*", value, re.IGNORECASE)
    is_name = is_name and not re.search(r"\d[a-z_-]*\d", value)
    if is_name or value.startswith(("${", "{{", "{%")):
        return found[0]
    return f"{found['before']}{quote}{HIDDEN}"
