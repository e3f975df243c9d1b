"""seccomp: system calls that a worker never needs fail with EPERM from here on.

Landlock says which files; this closes what Landlock does not cover: sockets of every kind, new
processes and programs, other processes' memory, metadata of files (chmod, xattr, utimes), kernel
interfaces with a history. Threads stay possible: DuckDB needs them.
Source: seccomp(2), linux/audit.h, the kernel's system call tables.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable
from typing import NamedTuple

_SET_SECCOMP, _FILTER_MODE = 22, 2  # prctl
_KILL_PROCESS, _ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # classic BPF
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_THREAD = 0x00010000  # CLONE_THREAD
_X32 = 0x40000000  # x86-64's second numbering

# name: number on x86-64, on ARM64 (None: not there)
_DENIED: dict[str, tuple[int | None, int | None]] = {
    # sockets: there is no one to talk to
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200),
    "listen": (50, 201), "accept": (43, 202), "accept4": (288, 242),
    # programs, processes, and other processes' insides
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, None), "vfork": (58, None),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "kcmp": (312, 272), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "kill": (62, 129),
    "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "setpriority": (141, 140), "ioprio_set": (251, 30),
    # shared memory and queues between processes
    "shmget": (29, 194), "shmat": (30, 196), "semget": (64, 190), "msgget": (68, 186),
    "mq_open": (240, 180), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    # namespaces and mounts
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    # files' metadata and links, which Landlock leaves alone
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None),
    "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "truncate": (76, 45), "link": (86, None), "linkat": (265, 37), "symlink": (88, None),
    "symlinkat": (266, 36), "mknod": (133, None), "mknodat": (259, 33),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "inotify_add_watch": (254, 27), "fanotify_init": (300, 262),
    # other identities
    "setuid": (105, 146), "setgid": (106, 144), "setreuid": (113, 145), "setregid": (114, 143),
    "setgroups": (116, 159), "setresuid": (117, 147), "setresgid": (119, 149),
    "setfsuid": (122, 151), "setfsgid": (123, 152), "capset": (126, 91),
    "personality": (135, 92), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219),
    # the kernel itself
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "quotactl": (179, 60),
    "syslog": (103, 116), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "adjtimex": (159, 171), "clock_adjtime": (305, 266), "sethostname": (170, 161),
    "setdomainname": (171, 162), "iopl": (172, None), "ioperm": (173, None),
}  # fmt: skip


class _Architecture(NamedTuple):
    audit: int
    column: int  # in _DENIED
    clone: int
    clone3: int


_ARCHITECTURES = {
    "x86_64": _Architecture(0xC000003E, 0, 56, 435),
    "aarch64": _Architecture(0xC00000B7, 1, 220, 435),
}
_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def is_available() -> bool:
    """Whether this kernel takes filters, on an architecture whose numbers are known."""
    if platform.system() != "Linux" or platform.machine() not in _ARCHITECTURES:
        return False
    # EFAULT for the missing program: filters are there. EINVAL: they are not.
    refused = _libc.prctl(_SET_SECCOMP, _FILTER_MODE, None, 0, 0)
    return bool(refused) and ctypes.get_errno() == errno.EFAULT


def restrict() -> None:
    """Deny this thread, and what it starts, the calls that a worker never needs.

    Needs no_new_privs. Raises OSError when the kernel refuses.
    """
    architecture = _ARCHITECTURES[platform.machine()]
    numbers = [numbers[architecture.column] for numbers in _DENIED.values()]
    install(filter_program(architecture, (n for n in numbers if n is not None)))


def filter_program(architecture: _Architecture, denied: Iterable[int]) -> bytes:
    """The BPF program: `denied` calls and new processes fail, everything else passes."""
    fail, absent = _ERRNO | errno.EPERM, _ERRNO | errno.ENOSYS
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, architecture.audit, 1, 0),
        _step(_RETURN, _KILL_PROCESS),
        _step(_LOAD, _NUMBER),
    ]
    if architecture.column == 0:
        steps += [_step(_AT_LEAST, _X32, 0, 1), _step(_RETURN, fail)]
    for number in denied:
        steps += [_step(_EQUAL, number, 0, 1), _step(_RETURN, fail)]
    # clone3 hides its flags behind a pointer: absent, so that libc takes clone for its threads.
    steps += [_step(_EQUAL, architecture.clone3, 0, 1), _step(_RETURN, absent)]
    steps += [
        _step(_EQUAL, architecture.clone, 0, 3),
        _step(_LOAD, _FIRST_ARGUMENT),
        _step(_ANY_BIT, _THREAD, 1, 0),
        _step(_RETURN, fail),
        _step(_RETURN, _ALLOW),
    ]
    return b"".join(steps)


def install(program: bytes) -> None:
    """Put a filter on this thread. Raises OSError when the kernel refuses it."""
    loaded = _Program(len(program) // 8, program)
    if _libc.prctl(_SET_SECCOMP, _FILTER_MODE, ctypes.byref(loaded), 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"seccomp did not take the filter: {os.strerror(code)}")


def _step(code: int, operand: int, on_true: int = 0, on_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, on_true, on_false, operand)
