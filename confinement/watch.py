"""What a job is watched for while it runs: whether it should stop, and how far it steps back."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

# After so many seconds a job steps back behind jobs that have just begun, and further later: nice
# values, of which the kernel gives 5 about a third of what 0 gets, 10 a tenth, 15 a thirtieth.
STEPS = ((0.25, 5), (1.0, 10), (5.0, 15))
_LAST_STEP = 19


class Stop:
    """Asks for the end of something that runs, from any thread; asking twice is asking once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_set = False
        self._acts: list[Callable[[], None]] = []

    @property
    def is_set(self) -> bool:
        """Whether the end was asked for."""
        return self._is_set

    def set(self) -> None:
        """Ask for the end."""
        with self._lock:
            self._is_set = True
            for act in self._acts:
                act()

    @contextmanager
    def calls(self, act: Callable[[], None]) -> Iterator[None]:
        """While the block runs, `act` is called once the end is asked for, or was already."""
        with self._lock:
            if self._is_set:
                act()
            self._acts.append(act)
        try:
            yield
        finally:
            with self._lock:
                self._acts.remove(act)


@dataclass(frozen=True, slots=True)
class Watch:
    """How a job is watched."""

    stop: Stop = field(default_factory=Stop)
    nice: int = 0  # how far it steps back from the beginning


def step_back(process: int, nice: int) -> None:
    """Put every thread of a worker `nice` steps behind this process; there is no way back."""
    own = os.getpriority(os.PRIO_PROCESS, 0)
    with contextlib.suppress(OSError):  # it is gone, or steps further back already
        os.setpriority(os.PRIO_PGRP, process, min(own + nice, _LAST_STEP))
