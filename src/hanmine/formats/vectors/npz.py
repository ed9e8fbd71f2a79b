"""The npz format: a zip archive of npy files. Arrays that are stored as they are are read in place."""

from __future__ import annotations

import zipfile

from hanmine.errors import InputError
from hanmine.formats.archive import Archive, open_archive
from hanmine.formats.stored import CHUNK, StoredFile
from hanmine.formats.vectors.choice import chosen
from hanmine.formats.vectors.matrix import StoredMatrix, native_dtype
from hanmine.formats.vectors.npy import NpyHeader, npy_matrix
from hanmine.formats.vectors.spool import Spool

_LOCAL_HEADER = 30  # bytes, before the name and the extra field


def npz_matrix(file: StoredFile, array: str | None, spool: Spool) -> StoredMatrix:
    """The matrix called `array`, or the only one, of an npz file.

    Raises
    ------
    InputError : the archive is damaged, or holds no matrix; see `npy_matrix` for the array itself.
    UsageError : several arrays are matrices and none was named, or the named one is missing.
    """
    with open_archive(file) as archive:
        headers = {key: header for key in archive.keys if (header := archive.header(key)) is not None}
        return npy_matrix(_member(archive, _choice(file.name, array, headers, archive), spool))


def _choice(name: str, array: str | None, headers: dict[str, NpyHeader], archive: Archive) -> str:
    if not headers and any(member.endswith("data.pkl") for member in archive.others):
        raise InputError(
            f"{name}: is a PyTorch file, whose pickle is never loaded as it can run any code: "
            "save the tensor with safetensors.torch.save_file or numpy.save"
        )
    shown = {key: f"{header.dtype.name} {header.shape}" for key, header in headers.items()}
    fits = [key for key, header in headers.items() if len(header.shape) == 2 and native_dtype(header.dtype) is not None]
    return chosen(
        name,
        array,
        {key: shown[key] for key in fits},
        {key: text for key, text in shown.items() if key not in fits},
        "array",
    )


def _member(archive: Archive, key: str, spool: Spool) -> StoredFile:
    """A member as a file of its own: the stretch of the archive if nothing was compressed, else a copy."""
    file, member, name = archive.file, archive.member(key), archive.name_of(key)
    if member.compress_type == zipfile.ZIP_STORED and not member.flag_bits & 1:
        local = file.read(member.header_offset, _LOCAL_HEADER)
        skip = int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little")
        return file.part(member.header_offset + _LOCAL_HEADER + skip, member.file_size, name)
    with archive.reading(), archive.stream(key) as stream:
        return spool.keep(iter(lambda: stream.read(CHUNK), b""), name)
