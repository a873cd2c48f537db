LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"terminal": {"class": "logging.StreamHandler"}},
    "loggers": {"channels_redis": {"handlers": ["terminal"], "level": "INFO"}},
}
