"""What a corpus argument names, and what is said of one that names nothing."""

import io
import os
import sys
from pathlib import Path

import pytest

from hanmine.errors import InputError, UsageError
from hanmine.text.sources import Source, corpus_sources, opened


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """b.txt a.txt, folder/c.txt, folder/deep/d.txt, folder/e.csv, and hidden files."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.txt", "a.txt", "folder/c.txt", "folder/deep/d.txt", "folder/e.csv", "folder/.hidden", ".git/x.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def names(corpus, recursive=False):
    return [source.name.replace(os.sep, "/") for source in corpus_sources(corpus, recursive)]


def test_a_file_has_its_name_as_given_and_its_size(tree):
    assert corpus_sources("./a.txt") == [Source("./a.txt", path="./a.txt", size=5)]
    assert corpus_sources(Path("a.txt")) == [Source("a.txt", path="a.txt", size=5)]


def test_several_paths_keep_their_order(tree):
    assert names([Path("b.txt"), Path("a.txt"), Path("b.txt")]) == ["b.txt", "a.txt", "b.txt"]
    assert names(path for path in (Path("b.txt"), Path("a.txt"))) == ["b.txt", "a.txt"]


@pytest.mark.parametrize("dash", ["-", Path("-"), [Path("-")]])
def test_dash_is_standard_input(dash):
    assert corpus_sources(dash) == [Source("<stdin>")]


def test_standard_input_twice_is_refused():
    with pytest.raises(UsageError, match=r"^standard input \(-\) can be read only once$"):
        corpus_sources([Path("-"), Path("-")])


def test_directory_needs_recursive(tree):
    with pytest.raises(InputError) as caught:
        corpus_sources("folder")
    assert str(caught.value) == "folder: is a directory: pass -r/--recursive to read the files below it"


def test_directory_is_walked_in_order_without_hidden_files(tree):
    assert names("folder", recursive=True) == ["folder/c.txt", "folder/e.csv", "folder/deep/d.txt"]
    assert names(".", recursive=True)[:2] == ["./a.txt", "./b.txt"]
    assert not any("git" in name for name in names(".", recursive=True))


def test_empty_directory(tree):
    (tree / "empty").mkdir()
    with pytest.raises(InputError) as caught:
        corpus_sources("empty", recursive=True)
    assert str(caught.value) == "empty: no file below this directory: check the path"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_directory_leaves_out_what_is_no_file(tree):
    os.mkfifo(tree / "folder" / "pipe")
    (tree / "folder" / "dead").symlink_to("nowhere")
    (tree / "folder" / "loop").symlink_to(".")
    assert names("folder", recursive=True) == ["folder/c.txt", "folder/e.csv", "folder/deep/d.txt"]


def test_missing_file(tree):
    with pytest.raises(InputError) as caught:
        corpus_sources("none.txt")
    assert str(caught.value) == "none.txt: no such file: check the path, or pass texts as a list: [text]"
    assert caught.value.exit_code == 3
    with pytest.raises(InputError, match=r"^a\.txt/x: no such file"):
        corpus_sources("a.txt/x")
    with pytest.raises(InputError, match="no such file"):
        corpus_sources("a\0.txt")


def test_too_long_a_name(tree):
    with pytest.raises(InputError) as caught:
        corpus_sources("x" * 5000)
    assert str(caught.value) == "x" * 79 + "…: no such file: check the path, or pass texts as a list: [text]"


def test_glob_is_expanded_sorted(tree):
    assert names("*.txt") == ["a.txt", "b.txt"]
    assert names([Path("*.txt"), Path("folder/?.csv")]) == ["a.txt", "b.txt", "folder/e.csv"]
    assert names("folder/**/*.txt") == ["folder/c.txt", "folder/deep/d.txt"]


def test_glob_passes_over_folders_unless_recursive(tree):
    assert names("*") == ["a.txt", "b.txt"]
    assert names("*", recursive=True) == ["a.txt", "b.txt", "folder/c.txt", "folder/e.csv", "folder/deep/d.txt"]
    # ** matches folders and what is in them: nothing comes twice.
    assert sorted(names("folder/**", recursive=True)) == ["folder/c.txt", "folder/deep/d.txt", "folder/e.csv"]


def test_a_file_whose_name_looks_like_a_pattern(tree):
    (tree / "x[1].txt").write_text("x")
    assert names("x[1].txt") == ["x[1].txt"]


def test_glob_without_match(tree):
    with pytest.raises(InputError) as caught:
        corpus_sources("*.md")
    assert str(caught.value) == "*.md: no file matches this pattern: check it (** reaches into folders)"


@pytest.mark.parametrize("make", [list, tuple, iter])
def test_strings_are_texts(make):
    (source,) = corpus_sources(make(["一", "二"]))
    assert (source.name, source.path, source.size) == ("<strings>", None, None)
    assert list(source.texts) == ["一", "二"]


def test_no_texts_at_all():
    assert [list(source.texts) for source in corpus_sources([])] == [[]]


def test_what_is_no_corpus():
    with pytest.raises(UsageError) as caught:
        corpus_sources(b"text")
    assert str(caught.value) == (
        "a text of type bytes: pass a path, several paths, an iterable of str, or a Series or DataFrame of them"
    )
    with pytest.raises(UsageError, match="type int"):
        corpus_sources(3)
    with pytest.raises(UsageError, match="a corpus of paths holds a int: pass paths only"):
        corpus_sources([Path("-"), 3])


def test_unreadable_file(tree, monkeypatch):
    (source,) = corpus_sources("a.txt")

    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(InputError) as caught, opened(source):
        pass
    assert str(caught.value) == "a.txt: cannot be read (Permission denied): check its permissions"


def test_opened_closes_files_and_leaves_standard_input_open(tree, monkeypatch):
    with opened(corpus_sources("a.txt")[0]) as raw:
        assert raw.read(10) == b"a.txt"
    assert raw.closed
    stand_in = io.BytesIO(b"x")
    with opened(Source("<stdin>"), stand_in) as raw:
        assert raw is stand_in
    assert not stand_in.closed
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"in")))
    with opened(Source("<stdin>")) as raw:
        assert raw.read() == b"in"
    monkeypatch.setattr(sys, "stdin", None)
    with (
        pytest.raises(InputError, match=r"^<stdin>: there is no standard input: pass a file$"),
        opened(Source("<stdin>")),
    ):
        pass


def test_a_list_of_names_of_files_is_files_and_any_other_list_of_strings_is_texts(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("你好", "utf-8")
    assert [str(source.path) for source in corpus_sources([str(path)])] == [str(path)]
    assert [source.path for source in corpus_sources([str(path), "你好，世界"])] == [None]
    assert [source.path for source in corpus_sources(iter([str(path)]))] == [None]
    assert [source.path for source in corpus_sources(["你好" * 5000, "a\0b", ""])] == [None]
