from configurations import Configuration


class Base(Configuration):
    SECRET_KEY = "only-for-development"
    INSTALLED_APPS = ["daphne", "chat"]
    ROOT_URLCONF = "mysite.urls"


class Production(Base):
    DEBUG = False
