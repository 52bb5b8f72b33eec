"""The system calls that a program may make, as a seccomp filter.

Named are those that CPython, its standard library and NumPy use on files, memory, threads and
pipes; every other call, known or not yet invented, answers ENOSYS, as if the kernel did not have
it, which libraries are written to live with. So there are no sockets but pairs, no namespaces,
mounts, keys, tracing, BPF, io_uring, and no memory that a process's own limit does not count
(shared segments, message queues, anonymous files).
"""

from __future__ import annotations

import errno
import functools
import tempfile

from stepmark.errors import SandboxError

_FILES = """
    access chdir close close_range copy_file_range dup dup2 dup3 faccessat faccessat2 fadvise64
    fallocate fchdir fchmod fchmodat fcntl fdatasync flock fstat fstatfs fsync ftruncate getcwd
    getdents getdents64 chmod link linkat lseek lstat mkdir mkdirat newfstatat open openat pread64
    preadv preadv2 pwrite64 pwritev pwritev2 read readlink readlinkat readv rename renameat
    renameat2 rmdir sendfile stat statfs statx symlink symlinkat truncate umask unlink unlinkat
    utime utimensat utimes write writev
"""
_MEMORY = "brk madvise mincore mmap mprotect mremap msync munmap"
_TIME = """
    alarm clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep pause
    setitimer time times
"""
_PROCESSES = """
    arch_prctl execve exit exit_group fork futex get_robust_list getcpu getegid geteuid getgid
    getgroups getpgid getpgrp getpid getppid getpriority getresgid getresuid getrlimit getrusage
    getsid gettid getuid kill membarrier prlimit64 restart_syscall rseq rt_sigaction rt_sigpending
    rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait sched_get_priority_max
    sched_get_priority_min sched_getaffinity sched_getparam sched_getscheduler sched_yield
    set_robust_list set_tid_address setpgid setrlimit setsid sigaltstack sysinfo tgkill tkill uname
    vfork wait4 waitid
"""
_WAITING = """
    epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2
    getrandom getsockname getsockopt pipe pipe2 poll ppoll pselect6 recvfrom recvmsg select sendmsg
    sendto setsockopt shutdown
"""
_DROPPING_RIGHTS = "setgroups setresgid setresuid"
"""For the launcher that root starts; they give nothing to a process without capabilities."""
_NEW_NAMESPACES = 0x7E020000
"""All CLONE_NEW… flags that clone takes; CLONE_NEWTIME is for clone3 and unshare only."""
_AF_UNIX = 1
_TERMINAL_QUESTIONS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""ioctls TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX."""
_PR_SET_NAME, _PR_GET_NAME = 15, 16


@functools.cache
def allowed_calls() -> bytes:
    """Return the filter as the kernel takes it, compiled for this machine's architecture.

    Raises:
        SandboxError: libseccomp, or its Python binding, is not installed.
    """
    try:
        import pyseccomp
    except (ImportError, RuntimeError) as error:  # the binding raises the second
        raise SandboxError(
            f"The sandbox's system-call filter needs libseccomp and pyseccomp ({error}). Install "
            "them: apt-get install libseccomp2; pip install pyseccomp."
        ) from None
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.ENOSYS))
    equal, masked = pyseccomp.EQ, pyseccomp.MASKED_EQ

    def allow(call: str, *conditions: object) -> None:
        if pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, call) >= 0:  # not every machine has all
            rules.add_rule(pyseccomp.ALLOW, call, *conditions)

    for group in (_FILES, _MEMORY, _TIME, _PROCESSES, _WAITING, _DROPPING_RIGHTS):
        for call in group.split():
            allow(call)
    # clone3 hides its flags from filters; without it libraries use clone.
    allow("clone", pyseccomp.Arg(0, masked, _NEW_NAMESPACES, 0))
    allow("socketpair", pyseccomp.Arg(0, equal, _AF_UNIX))
    for question in _TERMINAL_QUESTIONS:
        allow("ioctl", pyseccomp.Arg(1, masked, 0xFFFFFFFF, question))
    for option in (_PR_SET_NAME, _PR_GET_NAME):
        allow("prctl", pyseccomp.Arg(0, equal, option))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
