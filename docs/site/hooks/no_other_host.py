"""Whoever reads the site asks no other host for anything."""

import re

from mkdocs.exceptions import PluginError

# What a browser loads by itself; links that people follow are theirs.
_LOADED = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"?(?:https?:)?//"
    r"|<link\b[^>]*rel=\"?(?:stylesheet|preload|preconnect|icon)[^>]*"
    r"href=\"?(?:https?:)?//",
    re.IGNORECASE,
)


def on_post_page(output, page, config):
    """Refuses a page that loads something from elsewhere."""
    found = _LOADED.search(output)
    if found:
        raise PluginError(
            f"{page.file.src_uri} loads from another host: {found[0]}. Keep a "
            "copy in docs/, or do without."
        )
    return output
