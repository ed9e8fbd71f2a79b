"""Lists beside a text: any encoding is found out, and no option of the text is offered for what is none."""

import io

import pytest

from hanmine.errors import DecodingError, InputError
from hanmine.text.listed import listed_lines

WORDS = ["围炉煮茶", "清华大学", "", "没有 3 v"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_lines_of_a_list(tmp_path, encoding):
    path = tmp_path / "words.txt"
    path.write_bytes("\r\n".join(WORDS).encode(encoding))
    lines, inputs = listed_lines(path)
    assert lines == WORDS
    assert [record.bytes for record in inputs] == [path.stat().st_size]
    assert listed_lines("-", stdin=io.BytesIO(path.read_bytes()))[0] == WORDS


def test_what_is_no_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my words.txt").write_bytes("围炉煮茶\n没有".encode() + b"\xff\n")
    (tmp_path / "words.bin").write_bytes(bytes(range(100)))
    cure = "correct the file, or make it UTF-8: iconv -f ENCODING -t utf-8"
    for name, message in (
        ("my words.txt", f"my words.txt: byte 19 cannot be read as utf-8 (0xff): {cure} 'my words.txt' > NEW"),
        ("words.bin", f"words.bin: looks binary (a NUL at byte 0): {cure} words.bin > NEW"),
    ):
        with pytest.raises(DecodingError) as caught:
            listed_lines(name)
        assert str(caught.value) == message
    with pytest.raises(DecodingError) as caught:
        listed_lines("-", stdin=io.BytesIO(b"\xff\xff\xff\n"))
    assert str(caught.value).endswith(f"{cure} > NEW")
    with pytest.raises(InputError, match=r"missing.txt: no such file: check the path"):
        listed_lines("missing.txt")
