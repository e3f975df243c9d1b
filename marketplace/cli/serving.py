"""`marketplace serve`: the pages and the API."""

import typer

from marketplace.config import Settings
from marketplace.web.server import serve


def serve_marketplace() -> None:
    """Serve the pages and the API; Ctrl-C stops it."""
    raise typer.Exit(serve(Settings.from_environment()))
