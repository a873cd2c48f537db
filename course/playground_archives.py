"""The archives of the playground: Python's library and the packages, without what it skips.

Each archive is a zip whose files are stored, and gzip compresses it as a whole: smaller
than a zip that compresses each file alone, and a browser unpacks it without a library.
"""

import gzip
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the same files make the same archive, at any time

# What is needed to serve a page, what only the checks of an exercise need, and what only
# step 05 needs: without Redis, PostgreSQL and a public server.
SERVER = ["django", "asgiref", "channels", "sqlparse"]
CHECKS = [
    "pytest",
    "pluggy",
    "iniconfig",
    "packaging",
    "pygments",
    "pytest-asyncio",
    "pytest-django",
]
FINAL = [
    "dj-database-url",
    "dj-email-url",
    "environs",
    "marshmallow",
    "python-dotenv",
    "typing-extensions",
    "idna",
    "django-csp",
    "django-axes",
    "confusable-homoglyphs",
    "redis",  # chat/checks.py imports it
    "prometheus-client",
    "tzdata",  # the admin shows times in UTC
]
# Written in C: its wheel is for the browser's Python, and for no other.
FINAL_IN_C = ["msgspec"]

# Of Python's library: what neither Django, Channels, pytest nor the checks import. A
# name that ends in a slash is a folder; others are beginnings of names.
LIBRARY_WITHOUT = """
    __phello__/ _aix_support.py _android_support.py _apple_support.py _ios_support.py
    _osx_support.py _pydatetime.py _pyio.py _pyrepl/_module_completer.py
    _pyrepl/base_eventqueue.py _pyrepl/commands.py _pyrepl/completing_reader.py
    _pyrepl/console.py _pyrepl/historical_reader.py _pyrepl/input.py _pyrepl/keymap.py
    _pyrepl/reader.py _pyrepl/readline.py _pyrepl/simple_interact.py
    _pyrepl/terminfo.py _pyrepl/unix_ _pyrepl/windows antigravity.py
    asyncio/proactor_events.py asyncio/tools.py asyncio/windows_ cProfile.py
    compileall.py ctypes/_aix.py ctypes/macholib/ ctypes/wintypes.py dbm/ filecmp.py
    fileinput.py ftplib.py imaplib.py mailbox.py modulefinder.py
    multiprocessing/popen_spawn_win32.py netrc.py nturl2path.py pickletools.py
    plistlib.py poplib.py profile.py profiling/ pstats.py pty.py pyclbr.py shelve.py
    symtable.py tabnanny.py this.py trace.py tty.py wave.py webbrowser.py xmlrpc/
    zipapp.py encodings/big5 encodings/cp encodings/euc_ encodings/gb encodings/hp_
    encodings/hz encodings/iso2022 encodings/iso8859_ encodings/johab encodings/koi8
    encodings/kz encodings/mac_ encodings/mbcs encodings/oem encodings/palmos
    encodings/ptcp encodings/shift_ encodings/tis
""".split()
LIBRARY_WITH_ALL_THE_SAME = {
    "encodings/cp437.py",  # names in a zip
    "encodings/cp1252.py",
    "encodings/iso8859_1.py",  # latin-1, of which HTTP's headers are
    "encodings/iso8859_15.py",
}
# Of the packages. Everything that is left is as it was released.
PACKAGES_WITHOUT = re.compile(
    r"""
      .*\.(po|pyi|c|so|typed)$
    | .*/locale/(?!en/|__init__\.py)                     # translations
    | django/contrib/(admin|admindocs|flatpages|gis|humanize|postgres|redirects
                     |sitemaps|syndication)/
    | django/contrib/auth/common-passwords\.txt\.gz$
    | django/db/backends/(mysql|oracle|postgresql)/
    | django/conf/(app|project)_template/
    | django/(forms/jinja2|utils/autoreload_)
    | pygments/lexers/(?!__init__|_mapping|python|special|diff)
    | pygments/styles/(?!__init__|_mapping|default)
    | pygments/formatters/(?!__init__|_mapping|terminal)
    | [^/]+\.dist-info/(?!METADATA|entry_points\.txt|licenses/LICENSE)
    | [^/]+\.data/
    """,
    re.VERBOSE,
)


# What PACKAGES_WITHOUT takes out of Django, and step 05 needs.
FINAL_OF_DJANGO = re.compile(
    r"""
      django/contrib/admin/(?!locale/)
    | django/contrib/auth/common-passwords\.txt\.gz$
    | django/(conf|contrib/(admin|auth))/locale/pt_BR/
    """,
    re.VERBOSE,
)
FINAL_WITHOUT = re.compile(
    r"""
      .*\.(po|pyi|c|typed)$
    | .*/locale/(?!en/|pt_BR/|__init__\.py)
    | tzdata/(zones|zoneinfo/(?!UTC$|__init__\.py$))
    | [^/]+\.dist-info/(?!METADATA|(licenses/)?LICEN[CS]E)
    """,
    re.VERBOSE,
)


def library(original: Path) -> bytes:
    """Return Pyodide's standard library without the parts that nothing here imports."""
    return packed(
        (name, content)
        for name, content in files_in(original)
        if name in LIBRARY_WITH_ALL_THE_SAME
        or not name.startswith(tuple(LIBRARY_WITHOUT))
    )


def packages(wheels: Iterable[Path]) -> bytes:
    """Return one archive of what is needed of some wheels."""
    return packed(
        (name, content)
        for wheel in wheels
        for name, content in files_in(wheel)
        if not PACKAGES_WITHOUT.match(name)
    )


def final(wheels: Iterable[Path], server: Iterable[Path]) -> bytes:
    """Return one archive of what step 05 needs besides what every step needs."""
    (django,) = [wheel for wheel in server if wheel.name.startswith("django-")]
    found = [
        file
        for file in files_in(django)
        if FINAL_OF_DJANGO.match(file[0]) and not FINAL_WITHOUT.match(file[0])
    ]
    for wheel in wheels:
        found += [file for file in files_in(wheel) if not FINAL_WITHOUT.match(file[0])]
    return packed(found)


def files_in(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each file in a zip."""
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            if not name.endswith("/"):
                yield name, opened.read(name)


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a zip of files, none of them compressed."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, FIRST_DAY), content)
    return written.getvalue()


def compressed(content: bytes) -> bytes:
    """Return what a browser's DecompressionStream("gzip") unpacks."""
    return gzip.compress(content, 9, mtime=0)
