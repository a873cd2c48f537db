"""What config/settings.py reads from the environment, checked.

An invalid value stops the process with a message that names the variable. A guess could
mean a public server with DEBUG on.
"""

from typing import NoReturn
from urllib.parse import urlsplit

import idna

# environs, not django-environ: DEBUG=maybe is refused here, and silently False there.
from environs import Env, EnvError, validate

env = Env()
Range = validate.Range

USUAL_PORTS = {"http": 80, "https": 443}


def refuse(reason) -> NoReturn:
    """End the process with a message, which a traceback would only hide."""
    raise SystemExit(f"The settings are wrong. {reason}")


def read(kind, name, *default, **options):
    """Read a variable, such as `read(env.bool, "DEBUG", True)`."""
    try:
        return kind(name, *default, **options)
    except EnvError as problem:
        refuse(problem)


def read_origins():
    """Return ORIGINS as browsers write them, without duplicates, in their order."""
    written = read(env.list, "ORIGINS", [], delimiter=None)
    return list(dict.fromkeys(origin_of(text) for text in written))


def origin_of(text):
    """Return an origin as a browser sends it: in ASCII, without the usual port."""
    wrong = f"ORIGINS: {text!r} is not an origin such as https://chat.example.org"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:  # an invalid port, half an IPv6 address
        refuse(f"{wrong}.")
    if parts.scheme not in USUAL_PORTS or not host or "*" in host or "@" in text:
        refuse(f"{wrong}.")
    if parts.path.strip("/") or parts.query or parts.fragment:
        refuse(f"{wrong}: a site has no path, because cookies don't know paths.")
    if ":" in host:
        host = f"[{host}]"
    elif not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode()
        except idna.IDNAError as problem:
            refuse(f"{wrong} ({problem}).")
    usual = port in (None, USUAL_PORTS[parts.scheme])
    return f"{parts.scheme}://{host}" + ("" if usual else f":{port}")


def host_of(origin):
    """Return the host of an origin as ALLOWED_HOSTS wants it: IPv6 in brackets."""
    host = urlsplit(origin).hostname
    return f"[{host}]" if ":" in host else host
