from mysite.settings.base import *
