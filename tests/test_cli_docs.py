"""The reference page says what the help texts say."""

import importlib.util
from pathlib import Path

import pytest
import typer

SCRIPT = Path(__file__).parent.parent / "docs" / "generate_cli.py"


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location("generate_cli", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not typer.__version__.startswith("0.28."), reason="other versions lay help out otherwise")
def test_the_page_is_fresh(generator):
    assert generator.PAGE.read_text("utf-8") == generator.render(), "run: python docs/generate_cli.py"


def test_every_command_stands_in_the_page(generator):
    page = generator.PAGE.read_text("utf-8")
    for path in ("", " newwords", " ngrams", " ngrams show", " eval", " eval words"):
        assert f"\n## mine{path}\n\n```text\nUsage: mine{path} [OPTIONS]" in page
