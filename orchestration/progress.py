"""How a run tells what it does: on a terminal with bars, elsewhere with lines."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars


class Progress(Protocol):
    """What a step says while it works."""

    def say(self, text: str) -> None:
        """One line about something that is done."""

    def advance(self, text: str, done: int, total: int) -> None:
        """`done` of `total` parts of the step `text` are done."""


class Silent:
    """Says nothing: for tests, and for Dagster's own processes, which log."""

    def say(self, text: str) -> None:
        """Say nothing."""

    def advance(self, text: str, done: int, total: int) -> None:
        """Say nothing."""


class Terminal:
    """Bars on a terminal; where output is not one, a line per step that is done."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    @contextmanager
    def shown(self) -> Iterator["Terminal"]:
        """Draws until the block ends."""
        with self._bars:
            yield self

    def say(self, text: str) -> None:
        """One line above the bars."""
        self._console.print(text, highlight=False)

    def advance(self, text: str, done: int, total: int) -> None:
        """Moves the bar of `text`, and takes it away when it is done."""
        if not self._console.is_terminal:
            if done >= total:
                self.say(f"{text}: {total}")
            return
        task = self._tasks.get(text)
        if task is None:
            task = self._tasks[text] = self._bars.add_task(text, total=total)
        self._bars.update(task, completed=done, total=total)
        if done >= total:
            self._bars.remove_task(self._tasks.pop(text))
