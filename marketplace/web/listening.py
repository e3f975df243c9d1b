"""Work for somebody who may go away meanwhile: closing the page ends the statement."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio import CapacityLimiter
from fastapi import Request

from confinement.watch import Stop

_Result = TypeVar("_Result")
_LOOKS_EVERY_SECONDS = 0.5
# Statements wait for their turn in threads of their own: pages never wait behind them.
MOST_STATEMENTS = 100


async def while_listened_to(request: Request, work: Callable[[Stop], _Result]) -> _Result:
    """What `work` gives, in a thread; its stop is set when who asked has gone."""
    stop = Stop()
    threads: CapacityLimiter = request.app.state.statement_threads
    listening = asyncio.create_task(_stop_when_gone(request, stop))
    try:
        return await anyio.to_thread.run_sync(work, stop, limiter=threads)
    finally:
        listening.cancel()


async def _stop_when_gone(request: Request, stop: Stop) -> None:
    while not await request.is_disconnected():
        await asyncio.sleep(_LOOKS_EVERY_SECONDS)
    await anyio.to_thread.run_sync(stop.set)
