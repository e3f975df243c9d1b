"""The command line: `marketplace <noun> <verb>`."""

from marketplace.cli.main import app, main

__all__ = ["app", "main"]
