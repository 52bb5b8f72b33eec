"""Lines of a program as steps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepmark.segment import Segmented, Segmenter

LINES = Segmenter(method="code_lines")
DEF = "def f(x):\n"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            f"So:\n```python\n{DEF}    return x\n```\nDone.",
            Segmented("So:\n```python\n", (DEF, "    return x\n"), "```\nDone."),
        ),
        (f"{DEF}\n    # Why.\n    pass", Segmented("", (f"{DEF}\n", "    # Why.\n    pass"), "")),
        (f"# A.\n{DEF}    pass\n# B.", Segmented("", (f"# A.\n{DEF}", "    pass\n# B."), "")),
        ("    return x\n```\nDone.", Segmented("", ("    return x\n",), "```\nDone.")),
        (f"```bash\nls\n```\n~~~\n{DEF}~~~", Segmented("```bash\nls\n```\n~~~\n", (DEF,), "~~~")),
        (f"<think>```\nx\n```</think>{DEF}", Segmented("<think>```\nx\n```</think>", (DEF,), "")),
        ("```python\n```", Segmented("```python\n", (), "```")),
        ("# only\n", Segmented("", ("# only\n",), "")),
    ],
)  # fmt: skip
def test_each_line_with_code_is_a_step(text, parts):
    assert LINES.segment(text) == parts


@given(st.text(alphabet="`~\n #adef:( ", max_size=60))
def test_a_prefix_has_the_steps_that_the_whole_text_has(text):
    lead, steps, tail = LINES.segment(text)
    assert lead + "".join(steps) + tail == text
    for position in range(1, len(steps) + 1):
        assert LINES.segment(lead + "".join(steps[:position])).steps == steps[:position]
