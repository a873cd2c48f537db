"""Settings about passwords: how they are checked, and how soon guessing ends."""

from datetime import timedelta

from django.conf import global_settings

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: it refuses locked accounts
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["chat.hashers.Hasher", *global_settings.PASSWORD_HASHERS[1:]]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Seconds. A link to choose a new password opens the account to anyone who reads the mail.
PASSWORD_RESET_TIMEOUT = 3600

# django-axes locks an account after ten wrong passwords, but only for the address that
# they came from, so strangers can't lock out its owner. It counts in the database, so all
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
