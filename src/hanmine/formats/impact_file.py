"""Impact matrices in one npz file, written one after the other; numpy.load reads it, without pickles.

Of sentence k, counted from 1, the file has

words_k     its words, an array of text [n]
impact_k    float64 [n, n], at [i, j] the change at word i when word j is masked, too; zeros in the diagonal

A sentence that was parsed in parts has words_k.1, impact_k.1, words_k.2 … instead. `ids` has the id of each sentence.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from hanmine.formats.tables import ByteSink


class ImpactFile:
    """A file that is being written to `stream`; `close` ends it."""

    def __init__(self, stream: ByteSink) -> None:
        self._sink = _Flushable(stream)
        self._archive = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_STORED, allowZip64=True)  # type: ignore[arg-type]
        self._ids: list[str] = []

    def add(self, id: str, words: Sequence[str], parts: Sequence[tuple[int, np.ndarray]]) -> None:
        """Write a sentence: for each part its first word and its matrix."""
        import numpy as np

        self._ids.append(id)
        for place, (begin, matrix) in enumerate(parts, 1):
            key = f"{len(self._ids)}" if len(parts) == 1 else f"{len(self._ids)}.{place}"
            self._write(f"words_{key}", np.array(words[begin : begin + len(matrix)], np.str_))
            self._write(f"impact_{key}", np.ascontiguousarray(matrix, "<f8"))

    def close(self) -> None:
        """Write the ids and the directory of the archive."""
        import numpy as np

        self._write("ids", np.array(self._ids, np.str_))
        self._archive.close()

    def release(self) -> None:
        """Let go of the stream: what `close` has not ended stays without an end.

        A zipfile that is thrown away writes its directory late, into a stream that is closed by then.
        """
        self._sink.open = False
        self._archive.close()

    def _write(self, name: str, array: np.ndarray) -> None:
        from numpy.lib import format as npy

        content = io.BytesIO()
        npy.write_array(content, array, allow_pickle=False)
        # The date of all members is the first that zip knows: the same matrices give the same bytes.
        self._archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), content.getvalue())


class _Flushable:
    """A sink as zipfile wants it, which goes forward only."""

    def __init__(self, stream: ByteSink) -> None:
        self._stream = stream
        self.open = True

    def write(self, data: bytes) -> int:
        if self.open:
            self._stream.write(data)
        return len(data)

    def flush(self) -> None:
        """What was written is with the stream already."""
