from typing import Any

from stepmark.sandbox.protocol import Result


def a_result(ended: Any, exit_code: int | None) -> Result:
    return Result(ended=ended, exit_code=exit_code, stdout="", stderr="", seconds=0.1)


def test_only_a_program_that_finished_with_code_0_succeeded():
    assert a_result("finished", 0).succeeded
    assert not a_result("finished", 1).succeeded
    assert not a_result("timeout", None).succeeded
