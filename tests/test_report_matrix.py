"""Heat maps of impact matrices, in files and on a terminal."""

import io

import numpy as np
import pytest

from hanmine.errors import UsageError
from hanmine.report.matrix import draw_matrix
from hanmine.report.matrix_text import print_matrix

WORDS = ["the", "cat", "sat", "$x$"]
MATRIX = np.array([[0, 4, 1, 0], [4, 0, 2, np.nan], [1, 2, 0, 3], [-1, 0, 3, 0.0]])


@pytest.mark.parametrize("extension", ["png", "svg", "pdf"])
def test_pictures_are_files_and_the_same_each_time(tmp_path, extension):
    paths = [tmp_path / f"{name}.{extension}" for name in "ab"]
    for path in paths:
        assert draw_matrix(path, WORDS, MATRIX, heads=[2, 0, 2, 3], measure="impact") == []
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    assert first.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[extension])


def test_one_word_and_many_words(tmp_path):
    draw_matrix(tmp_path / "one.png", ["a"], np.zeros((1, 1)))
    draw_matrix(tmp_path / "many.png", [f"w{k}" for k in range(30)], np.ones((30, 30)))


def test_other_extensions(tmp_path):
    with pytest.raises(
        UsageError, match=r"^--heat-map .*a\.gif: pictures are png, svg or pdf: name a file with one of"
    ):
        draw_matrix(tmp_path / "a.gif", WORDS, MATRIX)


def shown(*, styled):
    stream = io.StringIO()
    print_matrix(stream, ["大肠杆菌", "a", "是\t"], np.array([[0, 4, 1], [2, 0, 3.9], [0, np.nan, 0]]), styled=styled)
    return stream.getvalue()


def test_blocks_without_colour():
    assert shown(styled=False) == ("            1 2 3\n1 大肠杆菌  ·██░░\n2 a        ▒▒ ·██\n3 是\\t          ·\n")


def test_blocks_in_colour():
    text = shown(styled=True)
    assert "\x1b[48;2;8;48;107m  \x1b[0m" in text
    assert text.count("\x1b[48;2;") == 5  # not the diagonal, nor what was not measured


def test_nothing_at_all():
    stream = io.StringIO()
    print_matrix(stream, ["a", "b"], np.zeros((2, 2)), styled=False)
    assert stream.getvalue().splitlines()[1] == "1 a  ·  "
