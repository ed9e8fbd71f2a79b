"""Branching-entropy statistics against the formulas, merged, saved and read again."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from hanmine.errors import InputError, OutputError, UsageError
from hanmine.segmentation.branching import BranchingStatistics, branching_statistics
from hanmine.segmentation.lines import Lines

CHARACTERS = "中国人民大，a1𠀀"
texts = st.lists(st.text(st.sampled_from("中国人民"), max_size=14) | st.text(st.sampled_from(CHARACTERS), max_size=30))


def statistics(texts, **options) -> BranchingStatistics:
    return branching_statistics([*texts, ""], threads=1, **options)


def runs_of(texts) -> list[str]:
    return [run for text in texts for run in naive.read(text)]


@settings(max_examples=60)
@given(texts, st.text(st.sampled_from(CHARACTERS + "不"), max_size=7))
def test_autonomy_follows_the_formulas(texts, line):
    runs = runs_of([text.replace("𠀀", "龘") for text in texts])  # the naive reader knows the basic plane alone
    found = statistics(texts).autonomy(line)
    assert found.shape == (len(line), 4)
    line = line.replace("𠀀", "龘")
    for i in range(len(line)):
        for length in range(1, 5):
            if i + length > len(line):
                assert found[i, length - 1] == -np.inf
            else:
                expected = naive.autonomy(runs, line[i : i + length])
                assert found[i, length - 1] == pytest.approx(expected, abs=1e-5), line[i : i + length]


def test_many_lines_score_as_each_alone():
    stored = statistics(["大肠杆菌是人和许多动物肠道中最主要且数量最多的一种细菌"] * 2)
    lines = ["大肠杆菌", "", "是", "许多动物，肠道", "数量最多的"]
    together = stored.autonomy_of_lines(Lines.of(lines))
    assert np.array_equal(together, np.concatenate([stored.autonomy(line) for line in lines]))


def test_shorter_words_alone():
    stored = statistics(["中国人民大学中国"], max_length=2)
    assert stored.autonomy("中国人").shape == (3, 2)
    assert np.array_equal(stored.autonomy("中国人"), statistics(["中国人民大学中国"]).autonomy("中国人")[:, :2])
    with pytest.raises(UsageError, match="words of at most 5 characters are out of range: give 1 to 4"):
        statistics([], max_length=5)


def test_zero_width_characters_are_passed_over():
    stored = statistics(["中国人民中国人民大学"])
    plain, marked = stored.autonomy("中国人民"), stored.autonomy("中国\u200b人民")
    assert marked.shape == (5, 4)
    assert np.array_equal(marked[0], [plain[0, 0], plain[0, 1], plain[0, 1], plain[0, 2]])
    assert np.array_equal(marked[2], [0.0, plain[2, 0], plain[2, 1], -np.inf])
    assert np.array_equal(stored.autonomy("\u200b"), [[0.0, -np.inf, -np.inf, -np.inf]])


@given(texts, texts)
@settings(max_examples=40)
def test_merging_two_texts_equals_both(first, second):
    merged = statistics(first).merge(statistics(second))
    whole = statistics([*first, *second])
    line = "中国人民a1大𠀀国"
    assert np.array_equal(merged.autonomy(line), whole.autonomy(line))
    assert (merged.characters, merged.runs) == (whole.characters, whole.runs)


def test_merging_gives_rare_ideographs_one_number():
    first, second = ["𠀀中𠀁国𠀀中"], ["𠀁中𠀀国𠀁中𠀂"]
    merged, whole = statistics(first).merge(statistics(second)), statistics([*first, *second])
    assert np.array_equal(merged.autonomy("𠀀中𠀁国𠀂"), whole.autonomy("𠀀中𠀁国𠀂"))
    with pytest.raises(UsageError, match="read with --mixed tokens and break cannot be joined"):
        statistics(first).merge(statistics(second, mixed="break"))


@given(texts)
@settings(max_examples=25)
def test_results_do_not_depend_on_threads(texts):
    line = "中国人民大学"
    alone, both = branching_statistics([*texts, ""], threads=1), branching_statistics([*texts, ""], threads=2)
    assert np.array_equal(alone.autonomy(line), both.autonomy(line))


def test_saved_and_read_again(tmp_path):
    texts = ["𠀀中国人民大学", "人民中国，𠀀中国人民"] * 3
    stored = statistics(texts, fold_case=True)
    stored.save(tmp_path / "a.npz")
    again = BranchingStatistics.load(tmp_path / "a.npz", threads=1)
    line = "中国人民大𠀀国"
    assert np.array_equal(again.autonomy(line), stored.autonomy(line))
    assert (again.characters, again.runs, again.options) == (stored.characters, stored.runs, stored.options)
    again.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    more = again.merge(statistics(["大学人民𠀁"], fold_case=True))
    assert np.array_equal(more.autonomy(line), statistics([*texts, "大学人民𠀁"], fold_case=True).autonomy(line))
    assert BranchingStatistics.load(tmp_path / "a.npz", max_length=2).autonomy(line).shape == (7, 2)


def test_files_that_are_none(tmp_path):
    path = tmp_path / "x.npz"
    with pytest.raises(InputError, match="no such file: check the path"):
        BranchingStatistics.load(path)
    path.write_bytes(b"PK\x03\x04 and nothing else")
    with pytest.raises(InputError, match=r"the archive is damaged \(File is not a zip file\): make it again"):
        BranchingStatistics.load(path)
    np.savez(path, header=np.frombuffer(b'{"format": "something else"}', np.uint8))
    with pytest.raises(InputError, match="its format is 'something else'"):
        BranchingStatistics.load(path)
    np.savez(path, header=np.array([{"a": 1}], object))
    with pytest.raises(InputError, match="array 'header': holds Python objects"):
        BranchingStatistics.load(path)
    with pytest.raises(OutputError, match=r"the folder .* does not exist"):
        statistics(["中国"]).save(tmp_path / "none" / "x.npz")


def _rewritten(path, change) -> None:
    """The file with its arrays changed."""
    with np.load(path) as archive:
        arrays = dict(archive)
    change(arrays)
    np.savez(path, **arrays)


def test_damaged_files(tmp_path):
    path = tmp_path / "x.npz"
    whole = statistics(["中国人民大学"] * 3)

    def later(arrays):
        header = json.loads(arrays["header"].tobytes())
        arrays["header"] = np.frombuffer(json.dumps(header | {"format_version": 2}).encode(), np.uint8)

    for change, message in (
        (later, "holds statistics of version 2, and this hanmine reads version 1: upgrade hanmine"),
        (lambda arrays: arrays.update(starts=arrays["starts"] + 1), "the arrays do not fit each other"),
        (lambda arrays: arrays.update(unigrams=arrays["unigrams"][1:]), "the arrays do not fit each other"),
        (lambda arrays: arrays.update(records=arrays["records"].astype(float)), "array 'records': is float64 of shape"),
        (lambda arrays: arrays.pop("ideographs"), "has no array 'ideographs'"),
        (lambda arrays: arrays.update(ideographs=np.array([0x1FFFF], np.uint32)), "an ideograph is none"),
        (lambda arrays: arrays.update(ideographs=np.array([1 << 31], np.uint32)), "an ideograph is none"),
        (lambda arrays: arrays.update(starts=arrays["starts"][:0]), "the arrays do not fit each other"),
        (lambda arrays: arrays.update(unigrams=arrays["unigrams"] * 0), "the windows are those of no text"),
        (lambda arrays: arrays.update(unigrams=arrays["unigrams"] << 60), "the windows are those of no text"),
        (lambda arrays: arrays.update(records=arrays["records"] * 0), "the windows are those of no text"),
        (
            lambda arrays: arrays.update(records=arrays["records"] ^ np.uint64(1 << 20)),
            "the windows are those of no text",
        ),
        (lambda arrays: arrays.update(header=arrays["header"][:-1]), "holds no statistics that can be read"),
    ):
        whole.save(path)
        _rewritten(path, change)
        with pytest.raises(InputError, match=message):
            BranchingStatistics.load(path)


def test_the_file_is_a_plain_archive(tmp_path):
    statistics(["中国人民"]).save(tmp_path / "x.npz")
    with zipfile.ZipFile(io.BytesIO((tmp_path / "x.npz").read_bytes())) as archive:
        assert archive.namelist() == ["header.npy", "unigrams.npy", "records.npy", "starts.npy", "ideographs.npy"]
    with np.load(tmp_path / "x.npz", allow_pickle=False) as arrays:
        header = json.loads(arrays["header"].tobytes())
    assert header["format"] == "hanmine-branching"
    assert (header["characters"], header["runs"]) == (4, 1)
