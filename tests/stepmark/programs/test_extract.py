"""Where the program stands in a completion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.programs.extract import find_program

HEAD = "from typing import List\n\n\ndef double(x: int) -> int:\n    '''Twice x.'''\n"
TESTS = "def check(candidate):\n    assert candidate(2) == 4\n\ncheck(double)\n"
BODY = "    return 2 * x\n"
WHOLE = "def double(x):\n    return 2 * x\n"


def first(text: str) -> str:
    return find_program(text, HEAD, TESTS).programs[0]


@pytest.mark.parametrize(
    ("text", "program"),
    [
        (f"Here it is:\n```python\n{WHOLE}```\nIt doubles.", WHOLE),
        (f"```\n{WHOLE}```", WHOLE),
        (f"~~~py\n{WHOLE}~~~", WHOLE),
        (f"<think>```python\ndef double(x): no\n```</think>\n```python\n{WHOLE}```", WHOLE),
        (f"```python\n{WHOLE}```\nTry it:\n```python\nprint(double(3))\n```", WHOLE),
        (f"```python\n{WHOLE}```\n```python\ndef test_it():\n    double(1)\n```", WHOLE),
        (f"First try:\n```python\ndef double(x): 1\n```\nBetter:\n```python\n{WHOLE}```", WHOLE),
        (f"```bash\npip install x\n```\n```python\n{WHOLE}```", WHOLE),
        (f"```python\n{WHOLE}", WHOLE),
        (BODY, HEAD + BODY),
        (f"\n{BODY}", f"{HEAD}\n{BODY}"),
        (f"{BODY}```\nIt doubles.", HEAD + BODY),
        (f"{WHOLE}```\nIt doubles.", WHOLE),
        (WHOLE, WHOLE),
    ],
)  # fmt: skip
def test_the_likeliest_candidate_is_the_program_that_is_meant(text, program):
    assert first(text) == program


def test_imports_in_a_block_of_their_own_are_tried_together_with_the_function():
    text = f"```python\nimport math\n```\nand\n```python\n{WHOLE}```"
    assert find_program(text, HEAD, TESTS).programs == (WHOLE, f"import math\n\n{WHOLE}")


def test_what_follows_a_body_is_tried_as_helpers_and_then_left_out():
    text = f"{BODY}\nimport cv2\n"
    assert find_program(text, HEAD, TESTS).programs == (HEAD + text, f"{HEAD}{BODY}\n")


def test_prose_before_bare_source_is_left_out_in_the_second_place():
    programs = find_program(f"Sure, here it is.\n{WHOLE}", HEAD, TESTS).programs
    assert programs[1] == WHOLE


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        (f"```python\n{WHOLE}```", True),
        (f"```python\n{WHOLE}", False),
        (f"```python\n{WHOLE}```\n```python\nprint(dou", True),
        (BODY, False),
        (f"{BODY}\ndef other():\n    ret", True),
        (f"{BODY}```", True),
        (WHOLE, False),
    ],
)
def test_a_program_is_complete_when_something_follows_it(text, closed):
    assert find_program(text, HEAD, TESTS).closed is closed


@pytest.mark.parametrize("text", ["", " \n\t", "```python\n```", "```\n\n```"])
def test_nothing_written_is_no_program(text):
    assert find_program(text, HEAD, TESTS).programs == ()


@given(st.text(alphabet="`~\n p#@dxeyf:('\"", max_size=80))
def test_no_text_makes_it_raise_and_no_candidate_is_blank(text):
    assert all(p.strip() for p in find_program(text, HEAD, TESTS).programs)
