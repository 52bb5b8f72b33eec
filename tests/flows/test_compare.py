"""stepmark compare: two builds on the solutions that both have, in the terminal and as a page."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from flows.cli import main
from flows.compare import Compared, compare
from flows.show import print_group
from flows.side_by_side import tables, write_page
from stepmark.errors import StorageError
from stepmark.ids import content_id
from stepmark.records import Outcome, Solution
from tests.fakes.builds import a_build, says
from tests.fakes.factories import a_problem, a_solution
from tests.flows import arrange as tiny

OUTCOMES: tuple[Outcome, ...] = ("correct", "incorrect", "incorrect", "unknown")
PROBLEM = a_problem("How many apples?")


def solutions(count: int = 4, steps: int | tuple[str, ...] = 3) -> list[Solution]:
    return [
        a_solution(steps, problem=PROBLEM, outcome=OUTCOMES[n % 4], id=content_id("so", n))
        for n in range(count)
    ]


def builds(folder: Path) -> tuple[Path, Path]:
    """The one has four solutions by two annotators, the other three of them in reverse, by one."""
    one, other = folder / "one", folder / "other"
    found = solutions()
    mc = [says(s, "CCC" if n == 0 else "CCI", (1, 0.8, 0.5)) for n, s in enumerate(found)]
    sums = [says(s, "CC?") for s in found]
    a_build(one, found, {"mc": mc, "sums": sums}, problems=[PROBLEM])
    back = found[2::-1]
    judge = [says(s, "CIC" if s is found[1] else "CCC", (1, 0.25, 0.5)) for s in back]
    a_build(other, back, {"judge": judge}, problems=[PROBLEM])
    return one, other


def test_solutions_are_joined_by_id_whatever_their_order(tmp_path):
    compared = compare(*builds(tmp_path))
    assert compared.shared == 3
    assert [side.solutions for side in compared.sides] == [4, 3]
    pair, far = compared.across[0]
    assert (pair.one, pair.other) == ("one/mc", "other/judge")
    assert (pair.same, pair.one_earlier, pair.other_earlier, pair.unknown) == (1, 1, 1, 0)
    assert pair.verdicts.tolist() == [[0, 0, 0, 0], [0, 6, 1, 0], [0, 2, 0, 0], [0, 0, 0, 0]]
    assert far.mean_absolute == pytest.approx((0 + 0.55 + 0) / 3)


def test_every_annotator_of_the_one_is_compared_with_every_one_of_the_other(tmp_path):
    compared = compare(*builds(tmp_path))
    assert [(p.one, p.other) for p, _ in compared.across] == [
        ("one/mc", "other/judge"),
        ("one/sums", "other/judge"),
    ]
    assert len(compared.within) == 3


def test_those_that_differ_most_come_first_and_equal_ones_not_at_all(tmp_path):
    found = solutions(3)
    mc = [says(s, "CCC", (1, 1, v)) for s, v in zip(found, (1, 0.9, 0.1), strict=True)]
    a_build(tmp_path / "one", found, {"mc": mc}, problems=[PROBLEM])
    a_build(tmp_path / "other", found, {"mc": [says(s, "CCC") for s in found]}, problems=[PROBLEM])
    compared = compare(tmp_path / "one", tmp_path / "other")
    assert list(compared.differing) == [found[2].id, found[1].id]


def test_other_first_errors_come_before_other_values(tmp_path):
    found = solutions(2)
    one = [says(found[0], "CCC", (1, 1, 0.1)), says(found[1], "CCI", (1, 1, 0))]
    other = [says(found[0], "CCC", (0.1, 0.1, 1)), says(found[1], "CII", (1, 0, 0))]
    for name, said in (("one", one), ("other", other)):
        a_build(tmp_path / name, found, {"mc": said}, problems=[PROBLEM])
    compared = compare(tmp_path / "one", tmp_path / "other")
    assert list(compared.differing) == [found[1].id, found[0].id]


def test_what_the_labels_say_of_those_stands_beside_their_ids(tmp_path):
    compared = compare(*builds(tmp_path))
    assert compared.differing[content_id("so", 1)] == ("2", "1", True)
    assert compared.differing[content_id("so", 2)] == ("2", "none", True)


def test_builds_of_one_name_are_told_apart(tmp_path):
    found = solutions()
    for folder in ("a", "b"):
        said = {"mc": [says(s, "CCC") for s in found]}
        a_build(tmp_path / folder / "same", found, said, problems=[PROBLEM])
    compared = compare(tmp_path / "a" / "same", tmp_path / "b" / "same")
    assert [side.name for side in compared.sides] == ["same (1)", "same (2)"]
    assert compared.across[0][0].one == "same (1)/mc"


def test_solutions_that_are_cut_into_other_steps_are_counted_and_not_compared(tmp_path):
    found = solutions(2, ("One. ", "Two. ", "Three."))
    other = [found[0], *solutions(2, ("One. ", "Two. Three."))[1:]]
    for name, each in (("one", found), ("other", other)):
        said = {"mc": [says(s, "C" * len(s.steps)) for s in each]}
        a_build(tmp_path / name, each, said, problems=[PROBLEM])
    compared = compare(tmp_path / "one", tmp_path / "other")
    assert (compared.shared, compared.other_steps) == (1, 1)


def test_as_many_steps_with_other_words_are_other_steps(tmp_path):
    for name, steps in (("one", ("One. ", "Two. Three.")), ("other", ("One. Two. ", "Three."))):
        found = solutions(1, steps)
        a_build(tmp_path / name, found, {"mc": [says(found[0], "CC")]}, problems=[PROBLEM])
    with pytest.raises(StorageError, match="cut every one into other steps"):
        compare(tmp_path / "one", tmp_path / "other")


def test_builds_that_share_nothing_are_refused_with_what_to_do(tmp_path):
    for name, found in (("one", solutions(2)), ("other", solutions(4)[2:])):
        said = {"mc": [says(s, "CCC") for s in found]}
        a_build(tmp_path / name, found, said, problems=[PROBLEM])
    with pytest.raises(StorageError, match=r"\(2 solutions\) .* share no solution. Build both"):
        compare(tmp_path / "one", tmp_path / "other")


def test_an_unfinished_build_is_refused(tmp_path):
    one, other = builds(tmp_path)
    (other / "manifest.json").unlink()
    with pytest.raises(StorageError, match="other holds no finished build"):
        compare(one, other)


def test_a_consensus_is_compared_as_what_the_data_says(tmp_path):
    found = solutions(2)
    said = {name: [says(s, "CCC") for s in found] for name in ("a", "b")}
    agreed = [says(s, "C??", annotator="consensus") for s in found]
    a_build(tmp_path / "one", found, said, labels=agreed, problems=[PROBLEM])
    a_build(tmp_path / "other", found, {"a": said["a"]}, problems=[PROBLEM])
    compared = compare(tmp_path / "one", tmp_path / "other")
    assert compared.across[0][0].one == "one/consensus"
    assert compared.across[0][0].steps == 2


def test_the_terminal_lists_what_both_say_of_those(tmp_path):
    screen = io.StringIO()
    print_group(tables(compare(*builds(tmp_path))), Console(file=screen, width=100))
    told = screen.getvalue()
    assert "3 solutions are in both one (4) and other (3)." in told
    assert re.search(rf"{content_id('so', 2)} +2 +none", told)
    assert "The labels of the data differ on 3." in told
    assert "Distance of values" in told


def compared_as(folder: Path, one: str, other: str, *, valued: bool = True) -> Compared:
    """Two builds of one solution, of which their only annotators say what the letters stand for."""
    (found,) = solutions(1, len(one))
    for name, letters in (("one", one), ("other", other)):
        values = () if valued else [None] * len(letters)
        said = {"mc": [says(found, letters, values)]}
        a_build(folder / name, [found], said, labels=said["mc"], problems=[PROBLEM])
    return compare(folder / "one", folder / "other")


def screen(compared: Compared) -> str:
    file = io.StringIO()
    print_group(tables(compared), Console(file=file, width=100))
    return " ".join(file.getvalue().split())


def test_other_verdicts_differ_without_values_too(tmp_path):
    compared = compared_as(tmp_path, "CIC", "CII", valued=False)
    assert [each.first_error for each in compared.differing.values()] == [False]
    assert "The labels of the data differ on 1." in screen(compared)


def test_what_one_alone_labels_is_not_said_to_be_the_same(tmp_path):
    told = screen(compared_as(tmp_path, "CC???", "???CC"))
    assert "same on the 0 steps that both label; 4 more are labelled by one of the two." in told


def test_shares_are_of_the_solutions_whose_first_errors_can_be_compared(tmp_path):
    found = solutions(3)
    a_build(tmp_path / "one", found, {"mc": [says(s, "CCI") for s in found]}, problems=[PROBLEM])
    other = [says(s, each) for s, each in zip(found, ("CCI", "CIC", "C??"), strict=True)]
    a_build(tmp_path / "other", found, {"mc": other}, problems=[PROBLEM])
    write_page(compare(tmp_path / "one", tmp_path / "other"), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "<dd>50%<small>1 of 2 of which that is known</small></dd>" in page


def test_solutions_that_do_not_fit_are_counted(tmp_path, monkeypatch):
    compared = compare(*builds(tmp_path))
    write_page(compared, tmp_path / "whole.html")
    monkeypatch.setattr("storage.pages.page.MOST", 0)
    write_page(compared, tmp_path / "cut.html")
    whole, cut = ((tmp_path / name).read_text() for name in ("whole.html", "cut.html"))
    assert "3 of the 3 on which" in whole
    assert "do not fit" not in whole
    assert "0 of the 3 on which" in cut
    assert "3 more were chosen and do not fit." in cut


def test_the_page_shows_both_builds_labels_step_by_step(tmp_path, open_page):
    page = tmp_path / "compared.html"
    write_page(compare(*builds(tmp_path)), page)
    opened = open_page(page)
    assert opened.locator("h1").inner_text() == "one and other"
    headings = opened.locator("h2").all_inner_texts()
    assert headings == ["Agreement", "Label by label", "Distance of values", "Cost",
                        "Solutions to read"]  # fmt: skip
    assert opened.locator("#count").inner_text() == "3 of 3"
    opened.select_option("#kind", "annotators differ")
    assert opened.locator("#count").inner_text() == "2 of 3"
    opened.keyboard.press("Escape")
    opened.locator("#kind").blur()
    opened.keyboard.press("j")
    opened.keyboard.press("Enter")
    solution = opened.locator(".solution[open]")
    assert "one/mc: ✗ step 2" in solution.inner_text()
    assert "other/judge ✓ correct" in solution.locator(".step").first.inner_text()


def test_hostile_texts_side_by_side_are_text(tmp_path, open_page):
    found = solutions(2, ("<script>alert(1)</script>", "</script><img src=x onerror=alert(2)>"))
    for name, letters in (("one", "CC"), ("other", "CI")):
        said = {"mc": [says(s, letters) for s in found]}
        a_build(tmp_path / name, found, said, problems=[PROBLEM])
    write_page(compare(tmp_path / "one", tmp_path / "other"), tmp_path / "page.html")
    opened = open_page(tmp_path / "page.html", phone=True, dark=True)
    opened.locator(".solution > summary").first.click()
    assert "<script>alert(1)</script>" in opened.locator(".solution").first.inner_text()
    width = opened.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]


def test_two_recipes_on_the_same_draws_are_compared_from_the_command_line(
    prefect_server, tmp_path, capsys, monkeypatch
):
    block = {"method": "monte_carlo", "policy": "solver", "rule": {"method": "hard"}}
    every = {**block, "probe": {"method": "exhaustive", "draws": 8}}
    binary = {**block, "probe": {"method": "binary", "draws": 8}, "right_answers": "drop"}
    for name, mc in (("every", every), ("binary", binary)):
        tiny.build(tiny.arrange(tmp_path, name=name, annotators={"mc": mc}), tmp_path / "out")
    page = tmp_path / "compared.html"
    dirs = [str(tmp_path / "out" / name) for name in ("every", "binary")]
    monkeypatch.setattr("sys.argv", ["stepmark", "compare", *dirs, "--html", str(page)])
    with pytest.raises(SystemExit, match="0"):
        main()
    told = capsys.readouterr().out
    assert "10 solutions are in both every (10) and binary (10)." in told
    assert "every/mc ~ binary/mc" in told
    assert "The labels of the data are the same on the " in told
    assert page.read_text().startswith("<!doctype html>")
