"""`stepmark fit`: what a finished build says of its kind of solution, as a recipe takes it."""

from __future__ import annotations

import pytest
import yaml

from annotators.probes import Adaptive
from annotators.rules import Posterior
from flows.cli import main
from flows.recipe_file import load_recipe
from stepmark.posterior import Hyper
from tests.flows.arrange import arrange, build

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def fit(monkeypatch, capsys):
    """Run the command; return its exit code and what it printed."""

    def run(*arguments: str) -> tuple[object, str]:
        monkeypatch.setattr("sys.argv", ["stepmark", "fit", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        printed = capsys.readouterr()
        return left.value.code, printed.out + printed.err

    return run


def test_what_is_printed_is_what_a_recipe_takes(tmp_path, fit):
    build(arrange(tmp_path), tmp_path / "out")
    code, printed = fit(str(tmp_path / "out" / "tiny"))
    assert code == 0
    hyper = yaml.safe_load(printed)["hyper"]
    changes = {
        "annotators.mc.probe": {"method": "adaptive", "hyper": hyper},
        "annotators.mc.rule": {"method": "posterior", "hyper": hyper},
    }
    mc = load_recipe(str(tmp_path / "recipe.yaml"), changes)[0].monte_carlo["mc"]
    assert isinstance(mc.probe, Adaptive)
    assert isinstance(mc.rule, Posterior)
    assert mc.probe.hyper == mc.rule.hyper != Hyper()


def test_a_folder_without_such_rollouts_is_told(tmp_path, fit):
    build(arrange(tmp_path), tmp_path / "out")
    code, printed = fit(str(tmp_path / "out" / "tiny"), "--annotator", "judge")
    assert code == 1
    assert "holds no rollouts of an annotator 'judge'" in printed
