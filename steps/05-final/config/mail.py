"""How the server sends mail, which so far is only links to choose a new password."""

from contextlib import suppress

import dj_email_url
import django

from config.environment import env, read, refuse

LONGEST_SEND = 10  # seconds

# What Django 6.1 calls the settings of earlier versions.
SMTP_OPTIONS = {
    "host": "EMAIL_HOST",
    "port": "EMAIL_PORT",
    "username": "EMAIL_HOST_USER",
    "password": "EMAIL_HOST_PASSWORD",
    "use_tls": "EMAIL_USE_TLS",
    "use_ssl": "EMAIL_USE_SSL",
    "timeout": "EMAIL_TIMEOUT",
}


def read_mail(default):
    """Return Django's settings for the mail server in EMAIL_URL; none without a URL."""
    url = read(env.str, "EMAIL_URL", "") or default
    if not url:
        return {}
    with suppress(ValueError):  # an invalid port, for example
        mail = dj_email_url.parse(url)
        if "EMAIL_BACKEND" in mail:
            mail["EMAIL_TIMEOUT"] = mail["EMAIL_TIMEOUT"] or LONGEST_SEND
            is_old = django.VERSION < (6, 1)
            return mail if is_old else {"MAILERS": {"default": mailer(mail)}}
    # Don't quote the URL: it contains a password.
    refuse("EMAIL_URL is not a URL such as submission://user:password@host.")


def mailer(mail):
    """Return the same settings as Django 6.1 expects them."""
    is_smtp = ".smtp." in mail["EMAIL_BACKEND"]
    options = {option: mail[name] for option, name in SMTP_OPTIONS.items()}
    return {"BACKEND": mail["EMAIL_BACKEND"], "OPTIONS": options if is_smtp else {}}
