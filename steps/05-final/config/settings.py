"""Settings of the chat. A laptop needs no environment variable, a public server these:

DEBUG          false on a public server, which doesn't start without the next two
SECRET_KEY     signs sessions and links: 50 random characters or more
ORIGINS        where browsers find the site, as https://chat.example.org; several
               with spaces between them
HSTS_SECONDS   how long browsers refuse plain HTTP after a visit; 0 without it. Start
               with 3600, because you can't make browsers forget it. HSTS_SUBDOMAINS
               and HSTS_PRELOAD, off without them, affect the whole domain.
DATABASE_URL   postgres://user:password@host/name; without it, SQLite in this folder
REDIS_URL      redis://host:port; without it, the Redis of this machine. Several, with
               spaces between them, share the work, which adds capacity, not safety:
               while one is down, its events are lost, and processes find the messages
               in the database, seconds later.
REDIS_MASTER   the name of a master that Redis Sentinels watch; REDIS_URL then names
               the Sentinels. When the master dies, they choose a new one, which adds
               safety, not capacity.
EMAIL_URL      submission://user:password@host sends mail. Without it, a public server
               sends none, so people can't reset a password; a laptop prints its mail
EMAIL_FROM     the sender of that mail; without it, chat@ and the first host of ORIGINS
SIGNUP         0 closes sign-up: administrators make the accounts, at /admin/
MOUNTED_AT     the path that the front server gives to the site, such as /school; empty
               for the whole host. The ASGI server must know it, too: --root-path

MESSAGES_PER_SECOND, SOCKETS_PER_PERSON
               what one person may do, in each process; 5 and 20 without them
"""

from hashlib import sha256
from pathlib import Path

from csp.constants import NONE, SELF

from config.database import read_database
from config.environment import Range, env, host_of, read, read_origins, refuse
from config.logs import JSON_LINES
from config.mail import read_mail
from config.passwords import *  # noqa: F403
from config.redis_hosts import redis_hosts

BASE_DIR = Path(__file__).resolve().parent.parent

CLASSROOM_KEY = "for-the-classroom-only"

DEBUG = read(env.bool, "DEBUG", True)
SECRET_KEY = read(env.str, "SECRET_KEY", "") or CLASSROOM_KEY
ORIGINS = read_origins()

if not DEBUG and (SECRET_KEY == CLASSROOM_KEY or not ORIGINS):
    refuse(
        "A public server (DEBUG=0) needs SECRET_KEY and ORIGINS in its environment."
        " config/settings.py says what they are."
    )

LAPTOP = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = [host_of(origin) for origin in ORIGINS] or LAPTOP
CSRF_TRUSTED_ORIGINS = ORIGINS
# Scheme, host and port: a page of the same host at another port is another site.
SOCKET_ORIGINS = ORIGINS or LAPTOP

INSTALLED_APPS = [
    "daphne",  # first, so that its `runserver` (ASGI) replaces Django's (WSGI)
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "axes",
    "chat",
]

# Not CommonMiddleware, which refuses each host that isn't in ALLOWED_HOSTS: health checks
# and metrics reach a process by its own address. Django checks the host where it matters:
# in each form that is sent, and in the links of invitations and mail.
MIDDLEWARE = [
    "chat.unavailable.UnavailableMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
]

# Only our own scripts, styles and sockets: markup that slips into a page can't run.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

if ORIGINS and all(origin.startswith("https://") for origin in ORIGINS):
    # The front server terminates TLS, says so in this header, and overwrites what a
    # visitor puts there.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    # Asked from inside, over plain HTTP.
    SECURE_REDIRECT_EXEMPT = [r"^healthz/", r"^metrics$"]
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = read(env.int, "HSTS_SECONDS", 0, validate=Range(min=0))
    SECURE_HSTS_INCLUDE_SUBDOMAINS = read(env.bool, "HSTS_SUBDOMAINS", False)
    SECURE_HSTS_PRELOAD = read(env.bool, "HSTS_PRELOAD", False)

# Without HSTS, `check --deploy` warns. But HSTS is a decision about your domain that can't
# be taken back, so these settings don't make it.
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W005", "security.W021"]

ROOT_URLCONF = "config.urls"

ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "chat.accounts.offers",
            ],
        },
    },
]

# A page is in the language that was chosen on it, or else in the browser's.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("pt-br", "Brazilian Portuguese")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"  # of the log; a page shows times in the zone of its reader

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "lobby"
LOGOUT_REDIRECT_URL = "login"
SIGNUP = read(env.bool, "SIGNUP", True)

MAIL = read_mail(default="console:" if DEBUG else "")
vars().update(MAIL)  # EMAIL_HOST and so on
DEFAULT_FROM_EMAIL = read(env.str, "EMAIL_FROM", "") or f"chat@{ALLOWED_HOSTS[0]}"

DATABASES = {"default": read_database(BASE_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = read(env.str, "REDIS_URL", "").strip() or "redis://127.0.0.1:6379"
REDIS_MASTER = read(env.str, "REDIS_MASTER", None)
REDIS_HOSTS = redis_hosts(REDIS_URL.split(), REDIS_MASTER)

# Two sites may share a Redis, such as a test site and the real one, and both have a room
# 1. A prefix that is the same in every process of one site, and no other, separates them.
SITE = f"{SECRET_KEY} {DATABASES['default']['NAME']}"

# Carries what was stored from one server process to the others.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            "hosts": REDIS_HOSTS,
            "prefix": f"chat-{sha256(SITE.encode()).hexdigest()[:16]}",
            # Events that may wait for one process, of all its rooms together. More are
            # dropped, and their messages are found in the database later.
            "capacity": 1000,
        },
    },
}

positive = Range(min=0, min_inclusive=False)
MESSAGES_PER_SECOND = read(env.float, "MESSAGES_PER_SECOND", 5, validate=positive)
SOCKETS_PER_PERSON = read(env.int, "SOCKETS_PER_PERSON", 20, validate=Range(min=1))

# Django needs STATIC_URL before any request can say where the site is mounted.
MOUNTED_AT = f"/{read(env.str, 'MOUNTED_AT', '').strip('/')}".rstrip("/")
STATIC_URL = f"{MOUNTED_AT}/static/"
# Another site at this host may have its own cookies, with the same names.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = f"{MOUNTED_AT}/"
# Filled by `collectstatic`; the front server serves it.
STATIC_ROOT = BASE_DIR / "staticfiles"

if not DEBUG:
    # Names with a hash in them, so that browsers may keep a file forever, and a
    # compressed copy beside each one.
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "config.storage.HashedStaticFiles"},
    }
    LOGGING = JSON_LINES
