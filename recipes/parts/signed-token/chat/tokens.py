"""Tokens for clients without a session cookie: signed, and valid for an hour.

If your API issues tokens of its own, such as JWTs, check those in `name_in` instead.
"""

from django.core import signing

SALT = "chat.tokens"  # so that nothing else that this site signs is a valid token
VALID_FOR = 60 * 60  # seconds


class BadToken(ValueError):
    """The token isn't valid. Its text tells the client why."""


def token_for(name):
    """Return a token for a person, to be handed out after a login."""
    return signing.dumps({"name": name}, salt=SALT)


def name_in(token):
    """Return the name in a token; raise BadToken, and never another exception."""
    if not isinstance(token, str):
        raise BadToken('Send {"token": "…"} first.')
    try:
        return signing.loads(token, salt=SALT, max_age=VALID_FOR)["name"]
    except signing.SignatureExpired:
        raise BadToken("The token has expired. Log in again.") from None
    except signing.BadSignature:
        raise BadToken("The token is not valid.") from None
