"""The ASGI application for a platform that has no nginx to serve static files.

daphne config.platform:application
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.platform_settings")

from config.asgi import application, django_application

# Without ASGIStaticFilesHandler: it finds no file that has a hash in its name, and answers
# 404 before WhiteNoise is asked.
application.application_mapping["http"] = django_application
