"""The kernel's part alone: DuckDB unlocked and Python itself get nowhere inside the sandbox."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from confinement import landlock, seccomp
from confinement.sandbox import Confinement, confinement

ROOT = Path(__file__).parents[3]

pytestmark = [
    pytest.mark.requirement("SEC-07"),
    pytest.mark.skipif(landlock.abi() == 0, reason="this kernel has no Landlock"),
]

PREPARE = """
import ctypes, json, os, resource, socket, sys
os.environ.update(JE_ARROW_MALLOC_CONF="background_thread:false", OPENBLAS_NUM_THREADS="1")
import duckdb
from pathlib import Path
from confinement import sandbox
from confinement.limits import Limits
folder = Path(sys.argv[1])
scratch, allowed, foreign = folder / "scratch", folder / "allowed.csv", folder / "foreign.csv"
connection = duckdb.connect(config={"threads": 1, "async_threads": 0})
connection.execute("select 1").fetchall()
libc = ctypes.CDLL(None, use_errno=True)
limits = Limits(seconds=20, memory_mb=256, spill_mb=8, result_mb=1)
sandbox.confine([str(allowed)], scratch, limits)
def called(number, *arguments):
    ctypes.set_errno(0)
    return libc.syscall(number, *arguments), ctypes.get_errno()
"""

# Each is an expression or statements that set `out`; the outcome is its value or the error's type.
REFUSED = {
    "open a foreign file": "open(foreign)",
    "open a foreign file to write": "open(folder / 'new', 'w')",
    "write the granted file": "open(allowed, 'r+')",
    "empty the granted file": "os.truncate(allowed, 0)",
    "remove the granted file": "os.unlink(allowed)",
    "rename the granted file": "os.rename(allowed, scratch / 'x')",
    "link the granted file": "os.link(allowed, scratch / 'x')",
    "symlink": "os.symlink(foreign, scratch / 'x')",
    "chmod the granted file": "os.chmod(allowed, 0o777)",
    "touch the granted file": "os.utime(allowed, (1, 1))",
    "label the granted file": "os.setxattr(allowed, 'user.x', b'x')",
    "make a device": "os.mknod(scratch / 'x', 0o20666, 259)",
    "list a folder": "os.listdir(folder)",
    "list the root": "os.listdir('/')",
    "own environment": "open('/proc/self/environ')",
    "own memory": "open('/proc/self/mem', 'rb')",
    "parent's environment": "open(f'/proc/{os.getppid()}/environ')",
    "parent's files": "os.listdir(f'/proc/{os.getppid()}/fd')",
    "other processes": "os.listdir('/proc')",
    "passwords": "open('/etc/passwd')",
    "a program": "open('/bin/sh', 'rb')",
    "TCP": "socket.socket()",
    "UDP": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "unix socket": "socket.socket(socket.AF_UNIX)",
    "netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "socket pair": "socket.socketpair()",
    "fork": "os.fork()",
    "spawn": "os.posix_spawn('/bin/sh', ['sh'], {})",
    "exec": "os.execv('/bin/sh', ['sh'])",
    "kill the parent": "os.kill(os.getppid(), 0)",
    "look at the parent by number": "os.pidfd_open(os.getppid())",
    "a second identity": "os.setuid(65534)",
    "change the root": "os.chroot(scratch)",
    "memory file": "os.memfd_create('x')",
    "more address space": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "more processor": "resource.setrlimit(resource.RLIMIT_CPU, (-1, -1))",
}
DUCKDB = {
    "read a foreign file": "from read_csv('{foreign}')",
    "read text": "from read_text('/etc/passwd')",
    "read environment": "from read_text('/proc/self/environ')",
    "write": "copy (select 1) to '{folder}/new.csv'",
    "overwrite": "copy (select 1) to '{allowed}' (use_tmp_file false)",
    "attach": "attach '{folder}/x.duckdb'",
    "export": "export database '{folder}/x'",
    "network": "install httpfs",
}
SYSCALLS = {  # x86-64 numbers; EPERM or ENOSYS
    "ptrace": "called(101, 0, os.getppid(), 0, 0)",
    "process_vm_readv": "called(310, os.getppid(), 0, 0, 0, 0, 0)",
    "unshare": "called(272, 0x10000000)",
    "mount": "called(165, b'x', b'/', b'tmpfs', 0, 0)",
    "bpf": "called(321, 0, 0, 0)",
    "io_uring_setup": "called(425, 1, 0)",
    "keyctl": "called(250, 0, 0, 0, 0, 0)",
    "perf_event_open": "called(298, 0, 0, -1, -1, 0)",
    "userfaultfd": "called(323, 0)",
    "clone3": "called(435, 0, 0)",
    "clone a process": "called(56, 17, 0, 0, 0, 0)",
    "x32 numbers": "called(0x40000000 + 41, 2, 1, 0)",
    "open_by_handle_at": "called(304, -1, 0, 0)",
    "shmget": "called(29, 0, 4096, 0o1600)",
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "allowed.csv").write_text("a\n1\n")
    (tmp_path / "foreign.csv").write_text("a\nforeign\n")
    return tmp_path


def confined(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a process that has just been confined."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PREPARE) + textwrap.dedent(code), str(folder)],
        cwd=ROOT, env={}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def outcomes(folder: Path, attempts: dict[str, str], call: str) -> dict[str, str]:
    """How each attempt ended, all in one confined process."""
    code = f"""
    outcome = {{}}
    for name, text in json.loads({json.dumps(json.dumps(attempts))!s}).items():
        try:
            outcome[name] = str({call})
        except Exception as error:
            outcome[name] = type(error).__name__ + ": " + str(error)
    print(json.dumps(outcome), flush=True)
    os._exit(0)
    """
    ended = confined(folder, code)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_python_itself_gets_nowhere(folder):
    ended = outcomes(folder, REFUSED, "eval(text)")

    refusals = ("PermissionError", "ValueError: not allowed")
    got_through = {n: e for n, e in ended.items() if not e.startswith(refusals)}
    assert got_through == {}
    assert (folder / "allowed.csv").read_text() == "a\n1\n"


def test_duckdb_without_its_own_locks_gets_nowhere(folder):
    attempts = {
        name: sql.format(
            folder=folder, foreign=folder / "foreign.csv", allowed=folder / "allowed.csv"
        )
        for name, sql in DUCKDB.items()
    }

    ended = outcomes(folder, attempts, "connection.execute(text).fetchall()")

    got_through = {n: e for n, e in ended.items() if not e.split(":")[0].endswith("Exception")}
    assert got_through == {}
    assert "foreign" not in str([e for n, e in ended.items() if n == "read text"])
    assert sorted(p.name for p in folder.iterdir()) == ["allowed.csv", "foreign.csv", "scratch"]
    assert (folder / "allowed.csv").read_text() == "a\n1\n"


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86-64")
def test_system_calls_that_no_worker_needs_fail(folder):
    ended = outcomes(folder, SYSCALLS, "eval(text)")

    assert {n: e for n, e in ended.items() if e not in ("(-1, 1)", "(-1, 38)")} == {}


def test_what_a_worker_needs_still_works(folder):
    code = """
    connection.execute("set threads = 3")
    connection.execute(f"set temp_directory = '{scratch}'")
    connection.execute("set memory_limit = '100MB'")
    print(connection.execute("select count(*) from range(3000000) t(i)").fetchall())
    print(connection.execute(f"from read_csv('{allowed}')").fetchall())
    (scratch / "x").write_text("x")
    print((scratch / "x").read_text())
    os.unlink(scratch / "x")
    sys.stdout.flush()
    os._exit(0)
    """

    assert confined(folder, code).stdout.split() == ["[(3000000,)]", "[(1,)]", "x"]


def test_threads_started_inside_are_confined_too(folder):
    code = """
    import threading
    ended = []
    def attempt():
        try:
            open(foreign)
        except PermissionError:
            ended.append("refused")
    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    print(ended, flush=True)
    os._exit(0)
    """

    assert confined(folder, code).stdout.strip() == "['refused']"


def test_a_process_with_a_second_thread_is_not_confined_in_vain(folder):
    prepare = PREPARE.replace(
        "sandbox.confine(", "connection.execute('set threads = 2'); sandbox.confine("
    )
    ended = subprocess.run(
        [sys.executable, "-c", prepare, str(folder)],
        cwd=ROOT, env={}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert "2 threads before the sandbox" in ended.stderr


def test_memory_has_a_hard_end(folder):
    code = """
    try:
        bytearray(2_000_000_000)
    except MemoryError:
        print("refused", flush=True)
    os._exit(0)
    """

    assert confined(folder, code).stdout.strip() == "refused"


def test_files_have_a_hard_end(folder):
    code = """
    try:
        with open(scratch / "x", "wb") as file:
            file.write(bytes(30_000_000))
    except OSError as error:
        print(error.strerror, flush=True)
    os._exit(0)
    """

    assert confined(folder, code).stdout.strip() == "File too large"
    assert (folder / "scratch" / "x").stat().st_size <= 17 * 1024 * 1024


def test_the_alarm_ends_a_worker_that_nobody_ends(folder):
    code = """
    import signal
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    while True:
        pass
    """

    assert confined(folder, code).returncode == -14


@pytest.mark.parametrize(
    ("offered", "missing"),
    [
        (Confinement(7, True), None),
        (Confinement(0, True), "the kernel offers no Landlock"),
        (Confinement(1, False), "the kernel offers no seccomp"),
        (Confinement(0, False), "the kernel offers no Landlock and no seccomp"),
    ],
)
def test_what_is_missing_is_said(offered, missing):
    assert offered.missing == missing


def test_this_machine_offers_both():
    assert confinement() == Confinement(landlock.abi(), seccomp.is_available())
    assert confinement().missing is None


# A machine without Landlock: a filter makes its system call absent, before anything starts.
WITHOUT_LANDLOCK = """
import ctypes, logging, struct, sys
from datetime import UTC, datetime
from pathlib import Path
def step(code, operand, on_true=0, on_false=0):
    return struct.pack("=HBBI", code, on_true, on_false, operand)
program = step(0x20, 0) + step(0x15, 444, 0, 1) + step(0x06, 0x00050000 | 38) + step(6, 0x7FFF0000)
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)
assert libc.prctl(22, 2, ctypes.byref(Program(len(program) // 8, program)), 0, 0) == 0
from data_products.lakehouse import Lakehouse
from data_products.registry import Registry
from marketplace.access.model import Actor
from marketplace.access.store import AccessStore
from marketplace.query.engine import QueryEngine
from marketplace.query.errors import QueryError
from marketplace.query.limits import QuerySettings
logging.basicConfig(level="WARNING", stream=sys.stdout, format="%(message)s")
folder = Path(sys.argv[1])
store = AccessStore.open(f"sqlite:///{folder / 'state.db'}")
lakehouse, registry = Lakehouse(folder, folder), Registry((), ())
settings = QuerySettings(folder / "run", confinement_required=sys.argv[2] == "required")
ada, now = Actor("ada", "Ada", frozenset(), frozenset()), datetime(2026, 3, 1, tzinfo=UTC)
try:
    with QueryEngine(settings, lakehouse, registry, store) as engine:
        print(engine.run(ada, "select 42 a", now).table().to_pylist())
        for sql in ("from read_text('/etc/passwd')", f"from '{folder}/foreign.csv'"):
            try:
                print(engine.run(ada, sql, now).table().to_pylist())
            except QueryError as error:
                print(type(error).__name__)
except QueryError as error:
    print(type(error).__name__, error)
"""


def without_landlock(folder: Path, mode: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_LANDLOCK, str(folder), mode],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_without_landlock_no_statement_runs_in_production(folder):
    said = without_landlock(folder, "required")

    assert said.startswith(
        "SandboxUnavailable No statement is run here: the kernel offers no Landlock."
    )


def test_without_landlock_development_warns_and_keeps_the_other_locks(folder):
    said = without_landlock(folder, "optional")

    assert said.count("without their full sandbox: the kernel offers no Landlock") == 1
    assert "[{'a': 42}]" in said
    assert said.count("QueryFailed") == 2
