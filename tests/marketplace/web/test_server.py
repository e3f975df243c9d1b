"""Starting and stopping: a busy port is one sentence, Ctrl-C is clean."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from marketplace.web.server import bound, serve

_PROGRAM = """
import sys
from pathlib import Path
from marketplace.config import Settings
from marketplace.web.server import serve
home, project, port = sys.argv[1:]
sys.exit(serve(Settings(home=Path(home), project=Path(project), port=int(port))))
"""


def _free_port() -> int:
    with bound("127.0.0.1", 0) as listener:
        return int(listener.getsockname()[1])


def test_a_busy_port_is_one_sentence_and_exit_code_1(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with bound("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]

        code = serve(settings.model_copy(update={"port": port}))

    assert code == 1
    assert re.fullmatch(
        rf"The marketplace was not started: another program listens on 127.0.0.1:{port}\. .*\n",
        capsys.readouterr().err,
    )


def test_unsafe_settings_are_refused_with_exit_code_1(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    unsafe = settings.model_copy(update={"environment": "production", "port": _free_port()})

    assert serve(unsafe) == 1


def test_ctrl_c_stops_cleanly(seed_folder: Any) -> None:
    settings, port = seed_folder.settings, _free_port()
    checkout = Path(__file__).parents[3]
    server = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, settings.home, settings.project, str(port)],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_for(port, server)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as page:
            assert page.status == 200

        server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=20)
    finally:
        server.kill()
        server.wait()

    assert server.returncode == 0
    assert "Traceback" not in said


def _wait_for(port: int, server: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 40
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except (TimeoutError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"The server did not answer; it ended with {server.poll()}.")


def test_small_answers_are_not_held_back() -> None:
    """asyncio sets TCP_NODELAY only on sockets that say they are TCP; else each waits 40 ms."""
    with bound("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
