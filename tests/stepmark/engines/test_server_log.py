"""What is read from a server's log."""

from pathlib import Path

from stepmark.engines.server_log import last_line, log_lines, reasons_of_death


def a_log(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "vllm.log"
    path.write_text(text)
    return path


def test_a_log_that_is_not_there_says_nothing(tmp_path):
    assert last_line(tmp_path / "none.log") == ""
    assert reasons_of_death(tmp_path / "none.log") == []


def test_the_last_line_skips_what_says_nothing(tmp_path):
    assert last_line(a_log(tmp_path, "loading\n\n   \n ^^^^\n")) == "loading"


def test_colours_and_progress_bars_are_reduced_to_text(tmp_path):
    log = a_log(tmp_path, "\x1b[36mblue\x1b[0m\n 10%\r 50%\r100%\n")
    assert log_lines(log) == ["blue", "100%"]


def test_the_root_cause_is_preferred_to_its_consequence(tmp_path):
    log = a_log(
        tmp_path,
        "INFO: starting\nValueError: no room\nINFO: x\n"
        "RuntimeError: Engine core initialization failed. See root cause above.\n",
    )
    assert reasons_of_death(log) == ["ValueError: no room"]


def test_without_an_error_the_last_lines_are_shown(tmp_path):
    log = a_log(tmp_path, "".join(f"line {number}\n" for number in range(50)))
    assert reasons_of_death(log)[-1] == "line 49"
    assert len(reasons_of_death(log)) == 12


def test_the_same_error_is_shown_once(tmp_path):
    assert reasons_of_death(a_log(tmp_path, "OSError: full\n" * 9)) == ["OSError: full"]
