"""Whoever reads the site asks no other host for anything."""

import re

# What a browser loads by itself; links that people follow are theirs.
_LOADED = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"?(?:https?:)?//[^\s\">]*"
    r"|<link\b[^>]*rel=\"?(?:stylesheet|preload|preconnect|icon)[^>]*"
    r"href=\"?(?:https?:)?//[^\s\">]*",
    re.IGNORECASE,
)


def on_post_page(output, page, config):
    """Refuses a page that loads something from elsewhere."""
    # Only whoever builds the site has it.
    from mkdocs.exceptions import PluginError

    found = loaded_from_elsewhere(output)
    if found:
        raise PluginError(
            f"{page.file.src_uri} loads from another host: {found}. Keep a "
            "copy in docs/, or do without."
        )
    return output


def loaded_from_elsewhere(html: str) -> str:
    """Returns the first tag that loads from another host, or nothing."""
    found = _LOADED.search(html)
    return found[0] if found else ""
