"""Where `collectstatic` puts the static files of a public server."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Files named by their content, each with a compressed copy that nginx sends.

    The scripts import one another by name, so the names inside them change too.
    """

    support_js_module_import_aggregation = True
