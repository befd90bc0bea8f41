"""What every view needs: the settings and the archive, kept on the app and typed on the way out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import urlsplit

from flask import Flask, current_app, request

from search.archive import Archive
from search.settings import Settings

EXTENSION: Final = "backfile"


@dataclass(frozen=True, slots=True)
class Site:
    """One archive as it is served."""

    settings: Settings
    archive: Archive

    def absolute(self, path: str) -> str:
        """The full address of an absolute path of this site: by `public_url`, else by the request's host."""
        origin = self.settings.public_url or request.host_url
        parts = urlsplit(origin)
        return f"{parts.scheme}://{parts.netloc}{path}"


def attach(app: Flask, site: Site) -> None:
    """Makes `site` what `current_site` gives while `app` answers."""
    app.extensions[EXTENSION] = site


def current_site() -> Site:
    """The site that the current request asks."""
    return cast(Site, current_app.extensions[EXTENSION])
