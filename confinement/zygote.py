"""The process that workers are forked from: `python -m confinement.zygote <socket>`.

It loads DuckDB and Arrow once, keeps a few connected workers ready, hands one out for every
statement and never uses one twice. It has a single thread, an empty environment, and none of the
web server's memory or open files: there is nothing in a worker that a statement could find.
"""

import contextlib
import gc
import json
import os
import resource
import select
import shutil
import signal
import socket
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

# Read while Arrow and OpenBLAS load: each would start threads, which do not survive a fork.
_WHILE_LOADING = {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "OPENBLAS_NUM_THREADS": "1",
}
os.environ.update(_WHILE_LOADING)

from confinement import sandbox, wire, worker  # noqa: E402

for _name in _WHILE_LOADING:
    del os.environ[_name]

_IDLE_MILLISECONDS = 50  # a spare is forked when nothing happens, not beside a statement


@dataclass(slots=True)
class _Child:
    """A worker, as the zygote holds it. The engine's ends are None once they are handed out."""

    id: int  # its process
    scratch: Path
    said: int  # where its end is told: written once, when it is gone
    peer: socket.socket | None
    ending: int | None


class Zygote:
    """Forks workers, hands them out, ends them, and tells how each ended."""

    def __init__(self, engine: socket.socket, scratch: Path, spares: int) -> None:
        self._engine = engine
        self._scratch = scratch
        self._wanted = spares
        self._spares: list[_Child] = []
        self._children: dict[int, _Child] = {}
        self._made = 0
        self._bell, self._rung = os.pipe()

    def run(self) -> None:
        """Serve until the engine is gone; then end every worker."""
        os.set_blocking(self._bell, False)
        os.set_blocking(self._rung, False)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the engine's to handle
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._rung, warn_on_full_buffer=False)
        gc.freeze()
        wire.send(self._engine, asdict(sandbox.confinement()))
        with contextlib.suppress(wire.Disconnected):
            self._serve()
        self._end_all()

    def _serve(self) -> None:
        events = select.poll()
        events.register(self._engine, select.POLLIN)
        events.register(self._bell, select.POLLIN)
        while True:
            is_short = len(self._spares) < self._wanted
            ready = events.poll(_IDLE_MILLISECONDS if is_short else None)
            if not ready:
                self._spares.append(self._fork())
            for file, _ in ready:
                if file == self._bell:
                    self._reap()
                else:
                    self._answer()

    def _answer(self) -> None:
        message, _ = wire.receive(self._engine)
        if message["ask"] == "worker":
            self._hand_out()
        elif message["ask"] == "end" and message["worker"] in self._children:
            os.kill(message["worker"], signal.SIGKILL)

    def _hand_out(self) -> None:
        child = self._spares.pop(0) if self._spares else self._fork()
        peer, ending = child.peer, child.ending
        child.peer, child.ending = None, None
        if peer is None or ending is None:
            raise RuntimeError(f"worker {child.id} was handed out before")
        try:
            wire.send(self._engine, {"worker": child.id}, (peer.fileno(), ending))
        finally:
            peer.close()
            os.close(ending)

    def _fork(self) -> _Child:
        self._made += 1
        scratch = self._scratch / str(self._made)
        scratch.mkdir(mode=0o700)
        ours, theirs = socket.socketpair()
        ending, said = os.pipe()
        parent = os.getpid()
        process = os.fork()
        if process == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _own_group(0)
            sandbox.die_with_parent(parent)
            worker.child(theirs, scratch, (theirs.fileno(),))
        theirs.close()
        _own_group(process)  # whoever comes first: the engine may ask for it at once
        child = _Child(process, scratch, said, ours, ending)
        self._children[process] = child
        return child

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._bell, 512):
                pass
        while self._children:
            process, status, used = os.wait4(-1, os.WNOHANG)
            if process == 0:
                return
            self._bury(process, status, used)

    def _bury(self, process: int, status: int, used: resource.struct_rusage) -> None:
        child = self._children.pop(process)
        if child in self._spares:
            self._spares.remove(child)
        record = {
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            "cpu_milliseconds": round((used.ru_utime + used.ru_stime) * 1000),
            "memory_mb": used.ru_maxrss // 1024,
        }
        with contextlib.suppress(OSError):  # nobody waits for it any more
            os.write(child.said, json.dumps(record).encode("ascii"))
        os.close(child.said)
        if child.peer is not None and child.ending is not None:
            child.peer.close()
            os.close(child.ending)
        shutil.rmtree(child.scratch, ignore_errors=True)

    def _end_all(self) -> None:
        for process in self._children:
            os.kill(process, signal.SIGKILL)
        while self._children:
            process, status, used = os.wait4(-1, 0)
            self._bury(process, status, used)
        shutil.rmtree(self._scratch, ignore_errors=True)


def _own_group(process: int) -> None:
    """A group of its own, so that all its threads can be put behind others' at once."""
    with contextlib.suppress(OSError):
        os.setpgid(process, process)


def main(arguments: list[str]) -> None:
    """Run on the inherited socket `arguments[0]`, in folder `arguments[1]`, with so many spares."""
    descriptor, scratch, spares = arguments
    os.chdir("/")
    os.umask(0o077)
    Zygote(socket.socket(fileno=int(descriptor)), Path(scratch), int(spares)).run()
    os._exit(0)  # DuckDB's binding complains at an orderly end


if __name__ == "__main__":
    main(sys.argv[1:])
