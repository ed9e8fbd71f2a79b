"""Cutting texts, and the rows of the schemes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanmine.masking.pieces import OVERLAP, pieces_of
from hanmine.masking.relative import nearest_masks
from hanmine.masking.schemes import REFERENCE, plan_of


@given(st.text("天地玄黄，。 ”\n", max_size=300), st.integers(2, 70))
def test_pieces_cover_a_text_and_read_each_gap_once(text, most):
    pieces = list(pieces_of(text, most))
    assert sum(piece.fresh for piece in pieces) == len(text)
    reads = np.zeros(max(0, len(text) - 1), int)
    for piece in pieces:
        assert 0 < piece.stop - piece.start <= most
        assert piece.start <= piece.first <= piece.last <= piece.stop - 1
        reads[piece.first : piece.last] += 1
    assert reads.max(initial=0) <= 1
    skipped = set(np.flatnonzero(reads == 0))
    edges = {piece.stop - 1 for piece in pieces[:-1]}
    assert skipped <= edges
    for gap in skipped:  # cut where punctuation, or what closes after it, invites to
        assert text[gap] in "，。 ”\n"


def test_where_a_text_is_cut():
    def cuts(text, most):
        return [text[piece.start : piece.stop] for piece in pieces_of(text, most)]

    assert cuts("", 8) == []
    assert cuts("一二三四五六七八", 8) == ["一二三四五六七八"]
    assert cuts("一二三四，六。八九", 8) == ["一二三四，六。", "八九"]
    assert cuts("一二三。五六，八九", 8) == ["一二三。", "五六，八九"]
    assert cuts("一二。四五六，八九", 8) == ["一二。四五六，", "八九"]
    assert cuts("一二三“五六。”九十", 8) == ["一二三“五六。”", "九十"]
    assert cuts("一二三四五六七八九十", 8) == ["一二三四五六七八", "五六七八九十"]


def test_overlapping_pieces_share_their_gaps_in_the_middle():
    first, second = pieces_of("字" * 100, 60)
    assert (first.start, first.stop, second.start, second.stop) == (0, 60, 60 - OVERLAP, 100)
    assert first.last == second.first == 60 - 1 - OVERLAP // 2
    assert (first.fresh, second.fresh) == (60, 40)


@pytest.mark.parametrize("context", ["masked", "unmasked"])
@pytest.mark.parametrize("scheme", ["pairs", "full", "grouped"])
@given(units=st.integers(0, 14), group=st.integers(2, 16), most=st.integers(1, 40))
def test_plans_read_references_first_and_every_result_once(scheme, context, units, group, most):
    plan = plan_of(scheme, context, units, group)
    known, written, rows = set(), [], 0
    for block in plan.blocks(most):
        assert len(block.masked) <= most
        assert block.masked.shape[1] == units
        reference = block.slot == REFERENCE
        known |= set(block.unit[reference])
        assert set(block.unit[~reference]) <= known
        written += list(block.slot[~reference])
        for row, unit, slot in zip(block.row, block.unit, block.slot, strict=True):
            masked = block.masked[row]
            assert masked[unit] == (context == "masked")
            if scheme == "full" and slot != REFERENCE:
                i, j = divmod(slot, units)
                assert set(np.flatnonzero(masked)) == ({i, j} if context == "masked" else {j})
                assert i == unit
            if scheme != "full" and slot != REFERENCE:
                gap, side = divmod(slot, 2)
                assert unit == gap + side
                assert masked[gap + 1 - side]
        rows += len(block.masked)
    assert rows == plan.rows
    wanted = range(0) if units < 2 else range(2 * (units - 1))
    if scheme == "full":
        wanted = [i * units + j for i in range(units) for j in range(units) if i != j]
    assert sorted(written) == list(wanted)


@given(units=st.integers(2, 14), group=st.integers(2, 16), scheme=st.sampled_from(["pairs", "grouped"]))
def test_every_unit_can_be_read_in_every_row(units, group, scheme):
    plan = plan_of(scheme, "unmasked", units, group, everywhere=True)
    group = min(group, units) if scheme == "grouped" else units
    (block,) = plan.blocks(100)
    assert plan.rows == len(block.masked) == 1 + group
    assert not block.masked[0].any()
    written = set()
    for row, unit, slot in zip(block.row, block.unit, block.slot, strict=True):
        if row == 0:
            assert slot == REFERENCE
            continue
        assert set(np.flatnonzero(block.masked[row])) == set(range(row - 1, units, group))
        assert not block.masked[row, unit]
        written.add(slot)
        assert slot == unit * group + row - 1
    assert len(written) == units * group - units
    nearest = nearest_masks(units, group)
    for unit in range(units):
        for rest in range(group):
            assert nearest[unit, rest] == min(abs(place - unit) for place in range(rest, units, group))
