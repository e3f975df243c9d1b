"""Serves the marketplace in one process until it is told to stop."""

import asyncio
import errno
import socket
import sys

import uvicorn

from contracts.errors import ContractError
from data_products.errors import DataProductError
from marketplace.config import Environment, Settings
from marketplace.errors import MarketplaceError
from marketplace.web.app import create_app
from marketplace.web.rooms import Rooms


def serve(settings: Settings) -> int:
    """Listens until Ctrl-C; returns the exit code.

    0 stopped, 1 refused: unsafe settings, a busy port, no stylesheet; each in one clear sentence.
    """
    try:
        listener = bound(settings.host, settings.port)
    except OSError as error:
        sys.stderr.write(f"{_why(settings, error)}\n")
        return 1
    with listener:
        try:
            app = create_app(settings)
        except (MarketplaceError, DataProductError, ContractError) as error:
            sys.stderr.write(f"{error}\n")
            return 1
        except OSError as error:
            sys.stderr.write(f"{_unwritable(settings, error)}\n")
            return 1
        sys.stdout.write(_greeting(settings, app.state.rooms))
        sys.stdout.flush()
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=settings.environment == Environment.PRODUCTION,
                forwarded_allow_ips=settings.trusted_proxies or "",
                timeout_graceful_shutdown=5,
            )
        )
        try:
            asyncio.run(server.serve(sockets=[listener]))
        except KeyboardInterrupt:  # uvicorn has shut down and passes the signal on
            return 0
    return 0


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises OSError where it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, so that asyncio sends small answers at once: without it each waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _greeting(settings: Settings, rooms: Rooms) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    lines = [f"The marketplace is on http://{host}:{settings.port} (Ctrl-C stops it)."]
    if rooms.offers_demo:
        people = (f"{each.name} ({', '.join(sorted(each.roles))})" for each in rooms.people.all())
        lines.append(f"Sign in as one of the demo people: {', '.join(people)}.")
    return "\n".join(lines) + "\n"


def _unwritable(settings: Settings, error: OSError) -> str:
    return (
        f"The marketplace was not started: its folder `{settings.home}` cannot be used "
        f"({error.strerror or error}). Free some space or set MARKETPLACE_HOME to another folder."
    )


def _why(settings: Settings, error: OSError) -> str:
    where = f"{settings.host}:{settings.port}"
    if error.errno == errno.EADDRINUSE:
        return (
            f"The marketplace was not started: another program listens on {where}. "
            "Stop it, or set MARKETPLACE_PORT to a free port."
        )
    reason = error.strerror or str(error)
    return (
        f"The marketplace was not started: it cannot listen on {where} ({reason}). "
        "Set MARKETPLACE_HOST and MARKETPLACE_PORT to an address of this machine."
    )
