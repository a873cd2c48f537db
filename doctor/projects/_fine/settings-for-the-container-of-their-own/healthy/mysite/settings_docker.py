from mysite.settings import *

CHANNEL_LAYERS["default"]["CONFIG"] = {"hosts": [("redis", 6379)]}
