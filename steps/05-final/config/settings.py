"""Settings of the chat. A laptop needs no environment variable, a public server these:

DEBUG          false on a public server, which doesn't start without the next two
SECRET_KEY     signs sessions and links: 50 random characters or more
ORIGINS        where browsers find the site, as https://chat.example.org; several
               with spaces between them
HSTS_SECONDS   how long browsers refuse plain HTTP after a visit; 0 without it. Start
               with 3600, because you can't make browsers forget it. HSTS_SUBDOMAINS
               and HSTS_PRELOAD affect the whole domain, so they are off until you set
               them.
DATABASE_URL   postgres://user:password@host/name; without it, SQLite in this folder
REDIS_URL      redis://host:port; without it, the Redis of this machine. Several, with
               spaces between them, share the work: a hash of its name decides which
               one has the list of a room's processes, or the queue of a process. That
               adds capacity, not safety: while one is down, its events are lost, and
               processes find the messages in the database, seconds later.
REDIS_MASTER   the name of a master that Redis Sentinels watch; REDIS_URL then names
               the Sentinels. When the master dies they choose a new one. That adds
               safety, not capacity: there is one master at a time.
MOUNTED_AT     the path that the front server gives to the site, such as /school; empty
               for the whole host. The ASGI server must know it, too: --root-path

MESSAGES_PER_SECOND, SOCKETS_PER_PERSON
               what one person may do, in each process; 5 and 20 without them
"""

from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.conf import global_settings

from config.environment import (
    AT_LEAST_NOTHING,
    AT_LEAST_ONE,
    MORE_THAN_NOTHING,
    env,
    host_of,
    read,
    read_database,
    read_origins,
    refuse,
)

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
# in each form that is sent, and in the link of an invitation.
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
    SECURE_HSTS_SECONDS = read(env.int, "HSTS_SECONDS", 0, validate=AT_LEAST_NOTHING)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = read(env.bool, "HSTS_SUBDOMAINS", False)
    SECURE_HSTS_PRELOAD = read(env.bool, "HSTS_PRELOAD", False)
    # HSTS is a decision about a domain, and can't be taken back. It isn't ours to make, so
    # `check --deploy` shouldn't complain without it.
    SILENCED_SYSTEM_CHECKS = [
        check
        for check, decided in {
            "security.W004": SECURE_HSTS_SECONDS,
            "security.W005": SECURE_HSTS_INCLUDE_SUBDOMAINS,
            "security.W021": SECURE_HSTS_PRELOAD,
        }.items()
        if not decided
    ]

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

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: it refuses locked accounts
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "chat.hashers.Hasher",
    *global_settings.PASSWORD_HASHERS[1:],
]

# django-axes locks an account after ten wrong passwords, but only for the address that
# they came from, so no stranger can lock its owner out. It counts in the database, so all
# processes agree, without Redis. chat/throttle.py limits what it doesn't count.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "chat.throttle.locked_out"
AXES_USERNAME_CALLABLE = "chat.throttle.name_tried"
AXES_DISABLE_ACCESS_LOG = True  # don't store who has logged in from where
AXES_VERBOSE = False

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

DATABASES = {
    "default": read_database(default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}"),
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A transaction that reads before it writes would fail with "database is locked" when
    # another one writes meanwhile, whatever the timeout. IMMEDIATE waits for the lock at
    # the start, and with WAL readers don't wait at all.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    # A file for the tests too: SQLite in memory can't serve several threads.
    DATABASES["default"]["TEST"] = {"NAME": BASE_DIR / "test.sqlite3"}

elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # Each page runs in its own thread, and each thread would have its own connection: a
    # few hundred people at once would use up PostgreSQL's 100. The pool limits them. A
    # page that gets no connection in time is a 503.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # it may have been restarted
    DATABASES["default"]["OPTIONS"] = {
        "pool": {"min_size": 1, "max_size": 20, "timeout": 5},
        # A server that vanishes would hold up each page for minutes. If something needs
        # longer, such as a migration of a big table, add this to DATABASE_URL, percent-
        # encoded: `?options=-c statement_timeout=0`
        "connect_timeout": 3,
        "options": "-c statement_timeout=10000",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 10000,
        **DATABASES["default"].get("OPTIONS", {}),
    }

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = read(env.str, "REDIS_URL", "").strip() or "redis://127.0.0.1:6379"
REDIS_MASTER = read(env.str, "REDIS_MASTER", None)


def sentinels_in(urls):
    """Return host and port of each; chat/checks.py reports invalid ones."""
    found = []
    for url in urls:
        with suppress(ValueError):
            place = urlsplit(url)
            found.append((place.hostname, place.port or 26379))
    return found


REDIS_PATIENCE = {
    # More than the 5 seconds for which the layer itself waits; otherwise each quiet
    # socket is closed after 5 seconds.
    "socket_timeout": 15,
    "socket_connect_timeout": 3,
    "health_check_interval": 30,
}
if REDIS_MASTER:
    REDIS_HOSTS = [
        {
            "sentinels": sentinels_in(REDIS_URL.split()),
            "master_name": REDIS_MASTER,
            **REDIS_PATIENCE,
        }
    ]
else:
    REDIS_HOSTS = [{"address": url, **REDIS_PATIENCE} for url in REDIS_URL.split()]

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

MESSAGES_PER_SECOND = read(
    env.float, "MESSAGES_PER_SECOND", 5, validate=MORE_THAN_NOTHING
)
SOCKETS_PER_PERSON = read(env.int, "SOCKETS_PER_PERSON", 20, validate=AT_LEAST_ONE)

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

    def forget_traceback(record):
        """Strangers send wrong hosts and the like all day: one line says it all."""
        if record.name.startswith("django.security."):
            record.exc_info = None
        return True

    # A line of JSON for each event, for a program that collects them.
    LOGGING = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s",
            },
        },
        "filters": {
            "brief": {
                "()": "django.utils.log.CallbackFilter",
                "callback": forget_traceback,
            },
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "filters": ["brief"],
            },
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {"axes": {"level": "WARNING"}},  # else three lines for each guess
    }
