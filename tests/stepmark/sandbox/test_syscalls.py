import builtins

import pytest

from stepmark.errors import SandboxError
from stepmark.sandbox.syscalls import allowed_calls


def test_the_filter_is_instructions_of_eight_bytes_and_fits_a_pipe():
    rules = allowed_calls()
    assert rules
    assert len(rules) % 8 == 0
    assert len(rules) < 1 << 16


def test_a_missing_library_is_named_with_the_line_that_installs_it(monkeypatch):
    plain_import = builtins.__import__

    def without_seccomp(name, *rest):
        if name == "pyseccomp":
            raise RuntimeError("Unable to find libseccomp")
        return plain_import(name, *rest)

    allowed_calls.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without_seccomp)
    with pytest.raises(SandboxError, match="apt-get install libseccomp2"):
        allowed_calls()
