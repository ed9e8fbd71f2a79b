"""Progress is drawn for people and nobody else."""

import pytest

from commandline import MemoryStream
from hanmine.cli.environment import Environment
from hanmine.cli.progress import SpokenNotes, expected_sentences, progress_on
from hanmine.progress import ProgressBar, amount_text
from hanmine.text.options import TextOptions


def environment(terminal, variables=None, **switches):
    return Environment(None, None, MemoryStream(terminal=terminal), variables or {"TERM": "xterm"}, **switches)


@pytest.mark.parametrize(
    ("around", "kind"),
    [
        (environment(True), ProgressBar),
        (environment(True, {"TERM": "dumb"}), SpokenNotes),
        (environment(False, verbose=True), SpokenNotes),
    ],
)
def test_who_listens(around, kind):
    with progress_on(around) as progress:
        assert type(progress) is kind
        progress.phase("reading", 100, "B")
        progress.advance(50)
        progress.note("kernels are being compiled")
    assert "mine: kernels are being compiled" in around.stderr.text


@pytest.mark.parametrize("around", [environment(False), environment(True, quiet=True), environment(False, quiet=True)])
def test_silence(around):
    with progress_on(around) as progress:
        progress.phase("reading", 100, "B")
        progress.advance(50)
        progress.note("kernels are being compiled")
    assert around.stderr.text == ""


def test_no_colour(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    around = environment(True)
    with progress_on(around) as progress:
        progress.phase("reading", 100, "B")
        progress.advance(50)
    assert "\x1b[3" not in around.stderr.text
    assert "\x1b[9" not in around.stderr.text


def test_an_interrupted_bar_gives_the_cursor_back():
    around = environment(True)

    def interrupted():
        with progress_on(around) as progress:
            progress.phase("counting")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert around.stderr.text.rstrip("\r").endswith("\x1b[?25h") or "\x1b[?25h" in around.stderr.text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((0, None, None, "B"), ""),
        ((12_300_000, 116_000_000, 45_100_000, "B"), "12.3 MB of 116.0 MB, 45.1 MB/s"),
        ((1_500_000, None, None, "bytes"), "1.5 MB"),
        ((2_097_152, 1_122_752, 10.0, "characters"), "1,122,752 of 1,122,752 characters, 10/s"),
        ((3, 256, None, "partitions"), "3 of 256 partitions"),
        ((1234, None, 10.0, ""), "1,234, 10/s"),
    ],
)
def test_amounts(arguments, text):
    assert amount_text(*arguments) == text


def test_how_many_sentences_are_expected(tmp_path, monkeypatch):
    text = tmp_path / "text.txt"
    text.write_text("今天\n" * 5000, "utf-8")
    assert expected_sentences(environment(True), [text], TextOptions()) == 5000
    assert expected_sentences(environment(False), [text], TextOptions()) is None
    monkeypatch.setattr("hanmine.cli.progress._SAMPLE", 1)
    assert expected_sentences(environment(True), [text], TextOptions()) in range(1000, 5001)
