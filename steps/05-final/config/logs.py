"""The log of a public server: one line of JSON per event, for a program that collects them."""


def shorten(record):
    """Drop the traceback of a wrong host and the like: strangers cause them all day."""
    if record.name.startswith("django.security."):
        record.exc_info = None
    return True


JSON_LINES = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
    },
    "filters": {
        "brief": {"()": "django.utils.log.CallbackFilter", "callback": shorten},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "filters": ["brief"],
        },
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"axes": {"level": "WARNING"}},  # otherwise three lines for each guess
}
