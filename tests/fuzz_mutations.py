"""Damage for files, drawn from a `random.Random`: of bytes, of fields of text, and of what containers say inside."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import struct
import zipfile
from collections.abc import Callable

import numpy as np
import zstandard

Mutation = Callable[[bytes, random.Random], bytes]

_NUMBERS = (
    b"-1", b"0", b"nan", b"inf", b"-inf", b"1e308", b"1e-320", b"1e999", b"-1e308", b"2147483648", b"4294967296",
    b"9223372036854775807", b"9223372036854775808", b"99999999999999999999999", b"1_000", b"0x10", b"\xd9\xa3", b"",
)  # fmt: skip
_PIECES = (
    b"\0", b"\x1b[31m", b"\r", b"\n", b"\r\n", b"\t", b"\"", b"'", b",", b"\xff", b"\xc2\x9b31m", b"\xe2\x80\xae",
    b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xff\xfe", b"\xf4\x90\x80\x80", b"\xe3\x80\x80", b"\\u0000", b"\\ud800", b"{",
    b"[", b"(", b"<", b"&", b"#", b"*", b"%", b":", b" " * 300, b"((((" * 2000, b"[" * 3000, b"\xe7\x94\xb2" * 500,
    b"A" * 5000, *_NUMBERS,
)  # fmt: skip
_EXTREME = (
    -1, 0, 1, 2, 7, 255, 1 << 15, 1 << 31, (1 << 31) - 1, 1 << 32, 1 << 40, 1 << 62, (1 << 63) - 1, -(1 << 63), -7,
    0.5, 1e308, -1e308, 1e-320, float("nan"), float("inf"), float("-inf"),
)  # fmt: skip
_JSON = (
    None, True, False, -1, 0, 1, 3, 10**30, 1e308, float("nan"), float("inf"), "", "x", "甲" * 300, "\x1b[31m",
    "\ud800", "1", [], {}, [[]], [1, 2], ["a", None], {"a": {}}, "../x", "\0", -(10**9), 10**9,
)  # fmt: skip
PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard.compress}


def of_bytes(data: bytes, random: random.Random) -> bytes:
    """One to four changes anywhere."""
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        data = random.choice(_BYTE_CHANGES)(data, random)
    return data


def _flip(data: bytes, random: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 3, 20))):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _set(data: bytes, random: random.Random) -> bytes:
    begin, stop = _stretch(data, random)
    return data[:begin] + random.randbytes(stop - begin) + data[stop:]


def _insert(data: bytes, random: random.Random) -> bytes:
    place = random.randint(0, len(data))
    return data[:place] + random.choice(_PIECES) + data[place:]


def _delete(data: bytes, random: random.Random) -> bytes:
    begin, stop = _stretch(data, random)
    return data[:begin] + data[stop:]


def _repeat(data: bytes, random: random.Random) -> bytes:
    begin, stop = _stretch(data, random)
    return data[:begin] + data[begin:stop] * random.choice((2, 3, 50)) + data[stop:]


def _cut(data: bytes, random: random.Random) -> bytes:
    return data[: random.randint(0, len(data))]


def _number(data: bytes, random: random.Random) -> bytes:
    """Four or eight bytes become a number at the edge of what such bytes hold."""
    if len(data) < 8:
        return data
    place = random.randrange(len(data) - 7)
    pack = random.choice(("<I", "<Q", "<f", "<d"))
    values = (
        (0, 1, 255, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)
        if pack in ("<I", "<Q")
        else (float("nan"), float("inf"), 3e38)
    )
    packed = struct.pack(pack, random.choice(values))
    return data[:place] + packed + data[place + len(packed) :]


def _stretch(data: bytes, random: random.Random) -> tuple[int, int]:
    begin = random.randint(0, len(data))
    return begin, min(len(data), begin + random.choice((1, 2, 8, 40, 400)))


_BYTE_CHANGES: tuple[Mutation, ...] = (_flip, _set, _insert, _insert, _delete, _repeat, _cut, _number)


def of_text(data: bytes, random: random.Random) -> bytes:
    """Fields and lines changed, dropped, doubled, moved; and now and then bytes."""
    if random.random() < 0.4:
        return of_bytes(data, random)
    lines = data.split(b"\n")
    for _ in range(random.choice((1, 1, 2, 5))):
        row = random.randrange(len(lines))
        separator = next((mark for mark in (b"\t", b",", b" ") if mark in lines[row]), b" ")
        fields = lines[row].split(separator)
        place = random.randrange(len(fields))
        change = random.randrange(7)
        if change < 3:
            fields[place] = random.choice(_NUMBERS if change else _PIECES)
        elif change == 3:
            del fields[place]
        elif change == 4:
            fields.insert(place, fields[random.randrange(len(fields))])
        elif change == 5:
            lines.insert(row, lines[random.randrange(len(lines))])
            continue
        else:
            fields = fields[::-1]
        lines[row] = separator.join(fields)
    return b"\n".join(lines)


def of_json(data: bytes, random: random.Random) -> bytes:
    """A value, at any depth, becomes another, is dropped or doubled; of JSON lines in one of them."""
    if random.random() < 0.3:
        return of_bytes(data, random)
    lines = data.split(b"\n")
    try:
        document, row = json.loads(data), None
    except ValueError:
        row = random.randrange(len(lines))
        try:
            document = json.loads(lines[row])
        except ValueError:
            return of_bytes(data, random)
    changed = json.dumps(_changed(document, random), ensure_ascii=random.random() < 0.5).encode(
        "utf-8", "surrogatepass"
    )
    if row is None:
        return changed
    return b"\n".join([*lines[:row], changed, *lines[row + 1 :]])


def _changed(value, random: random.Random):
    if isinstance(value, dict) and value and random.random() < 0.85:
        value = dict(value)
        key = random.choice(list(value))
        if random.random() < 0.15:
            del value[key]
        else:
            value[key] = _changed(value[key], random)
        return value
    if isinstance(value, list) and value and random.random() < 0.85:
        value = list(value)
        place = random.randrange(len(value))
        if random.random() < 0.15:
            value.append(value[place])
        else:
            value[place] = _changed(value[place], random)
        return value
    return random.choice(_JSON)


def of_npy(data: bytes, random: random.Random) -> bytes:
    """The header says something else, or the elements are extreme."""
    change = random.random()
    if change < 0.3:
        return of_bytes(data, random)
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except ValueError:
        return of_bytes(data, random)
    if change < 0.6:
        return _npy(_changed_array(array, random))
    header = data[10:].split(b"\n", 1)[0]
    text = random.choice((
        header.replace(b"(", b"(%d, " % random.choice((10**6, 10**9, 10**15, 10**30, -5))),
        header.replace(b"False", b"True"),
        header.replace(b"<f", random.choice((b">f", b"|O", b"<c", b"<i", b"<U", b"|V", b"|S"))),
        header.replace(b"shape", b"shope"),
        header.replace(b")", b""),
        header.replace(b"{", b"{" * random.choice((2, 8000))),
        header.replace(b"'descr': '", b"'descr': ['"),
        of_text(header, random),
    ))  # fmt: skip
    return data[:8] + struct.pack("<H", min(len(text) + 1, 65535)) + text + b"\n" + data[11 + len(header) :]


def _npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def _changed_array(array: np.ndarray, random: random.Random) -> np.ndarray:
    """Other values at a few places, another type, another shape."""
    change = random.randrange(8)
    if change < 4 and array.size and array.dtype.kind in "iuf":
        array = array.copy()
        for _ in range(random.choice((1, 1, 3, 1000))):
            with np.errstate(all="ignore"):
                value = np.array(random.choice(_EXTREME)).astype(array.dtype)
            array.reshape(-1)[random.randrange(array.size)] = value
        return array
    if change == 4:
        kind = random.choice(("f2", ">f4", "f8", "i1", "u8", "c8", "U4", "O", "?", "M8[s]", "longdouble"))
        with np.errstate(all="ignore"):
            try:
                return array.astype(kind)
            except (ValueError, TypeError):
                return array.astype("O")
    if change == 5:
        return array.reshape(-1)[: random.randint(0, array.size)]
    if change == 6:
        return array.reshape(random.choice(((-1,), (1, -1), (-1, 1), (1, 1, -1))))
    return np.concatenate([array.reshape(-1)] * random.choice((2, 3)))


def of_npz(data: bytes, random: random.Random) -> bytes:
    """One array changed in itself, in its header, dropped, under another name; or bytes anywhere."""
    if random.random() < 0.25:
        return of_bytes(data, random)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = random.choice(list(members))
    change = random.random()
    if change < 0.85:
        members[name] = of_npy(members[name], random)
    elif change < 0.93:
        del members[name]
    else:
        members[random.choice(list(members))] = members[name]
    stream = io.BytesIO()
    packing = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))
    with zipfile.ZipFile(stream, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def of_safetensors(data: bytes, random: random.Random) -> bytes:
    """An entry of the header, or of the JSON within its metadata, or elements."""
    change = random.random()
    size = int.from_bytes(data[:8], "little")
    if change < 0.3:
        return of_bytes(data, random)
    if change < 0.6:
        place = 8 + size + 4 * random.randrange(max(1, (len(data) - size - 8) // 4 - 1))
        element = random.choice((struct.pack("<f", 3e38), struct.pack("<d", 1e308), struct.pack("<f", float("nan"))))
        return data[:place] + element + data[place + len(element) :]
    header = json.loads(data[8 : 8 + size])
    metadata = header.get("__metadata__")
    if metadata and random.random() < 0.6:
        key = random.choice(list(metadata))
        metadata[key] = of_json(metadata[key].encode(), random).decode("utf-8", "replace")
    else:
        header = _changed(header, random)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def packed(mutation: Mutation) -> Mutation:
    """Damage before packing, or of the packed bytes."""

    def mutate(data: bytes, random: random.Random) -> bytes:
        pack = PACKERS[random.choice(list(PACKERS))]
        return pack(mutation(data, random)) if random.random() < 0.5 else of_bytes(pack(data), random)

    return mutate
