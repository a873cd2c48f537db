"""Accounts for a class: thirty at once, and a slip of paper for each of them."""

import secrets

from django.contrib.auth import get_user_model
from django.utils.html import format_html, format_html_join

from chat.hashers import Hasher

# Easy to read on a projector, and to tell from one another.
NAMES = """
    otter heron badger falcon lizard panther beaver dolphin gecko jaguar kiwi lemur
    magpie newt octopus puffin rabbit salmon toucan walrus zebra bison condor donkey
    eagle ferret goose hamster ibis koala llama moose narwhal ocelot parrot quail raven
    seal tiger vulture wombat camel cheetah crab cricket duck elk finch gibbon hare
    iguana jackal kestrel lynx mole orca panda rhino squid turtle
""".split()

# In syllables, without letters that look alike on paper: easy to type on a phone, and
# 35 bits in six of them. Without f and p, most rude words can't come up.
CONSONANTS = "bdghkmnrstvz"
VOWELS = "aeiou"

# Django's number protects passwords that people invent. These are random, so a hundredth
# is enough, and thirty accounts take a moment. At the first login, Django hashes the
# password again with its own number.
ITERATIONS = 10_000


def make_accounts(count):
    """Make the first `count` accounts where they are missing; return their passwords."""
    people = get_user_model().objects
    taken = {name.lower() for name in people.values_list("username", flat=True)}
    names = [name for name in names_of(count) if name not in taken]
    passwords = {name: invented() for name in names}
    people.bulk_create(
        people.model(username=name, password=hashed(password))
        for name, password in passwords.items()
    )
    return passwords


def names_of(count):
    """Return so many names: each animal once, then "otter-2" and so on."""
    rounds = range(1, 2 + count // len(NAMES))
    names = [name if n == 1 else f"{name}-{n}" for n in rounds for name in NAMES]
    return names[:count]


def invented():
    """Return a random password such as "hano-timu-beko"."""
    letters = [secrets.choice(kind) for _ in range(6) for kind in (CONSONANTS, VOWELS)]
    return "-".join("".join(letters[at : at + 4]) for at in (0, 4, 8))


def hashed(password):
    """Return the hash of a random password."""
    hasher = Hasher()
    return hasher.encode(password, hasher.salt(), ITERATIONS)


def as_table(passwords):
    """Return the accounts as lines of a terminal."""
    width = max(map(len, passwords))
    return "\n".join(
        f"{name:{width}}  {password}" for name, password in passwords.items()
    )


SLIP = '<li><strong>{}</strong><code translate="no">{}</code><span>{}</span></li>'

PAGE = """<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Accounts for the chat</title>
  <style>
    body {{ margin: 1rem; font: 1rem/1.5 system-ui, sans-serif; color-scheme: light; }}
    ul {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr));
         margin: 0; padding: 0; list-style: none; }}
    li {{ display: grid; padding: 0.7rem; border: 1px dashed #777; break-inside: avoid; }}
    strong {{ font-size: 1.5rem; }}
    code {{ font: 1.2rem/1.6 ui-monospace, monospace; }}
    span {{ overflow-wrap: anywhere; }}
    @page {{ margin: 1cm; }}
    @media print {{ p {{ display: none; }} body {{ margin: 0; }} }}
  </style>
  <p>Print this page, cut it into slips, and delete the file: it has passwords.</p>
  <ul>{}</ul>
</html>
"""


def as_page(passwords, address):
    """Return the accounts as a page to print: name, password, and where to log in."""
    slips = ((name, password, address) for name, password in passwords.items())
    return format_html(PAGE, format_html_join("\n", SLIP, slips))
