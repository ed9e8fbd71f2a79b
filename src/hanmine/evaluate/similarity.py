"""Vectors on pairs of sentences with gold similarities: how well cosines follow people, raw and whitened.

spearman    Spearman's rank correlation of the cosines with the gold × 100, average ranks for ties: the usual score
pearson     Pearson's correlation × 100
average     the mean over tasks; weighted_average: weighted by their numbers of pairs

A whitening is fitted for each task on its own sentences, unless the protocol or further files say otherwise (see
`hanmine.evaluate.similarity_fit`); gold scores never enter a fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

from hanmine import __version__
from hanmine.errors import InputError, UsageError
from hanmine.evaluate.similarity_fit import Fits, check_protocol
from hanmine.evaluate.similarity_grid import Setting, default_settings, grid, preset, tuning_grid
from hanmine.evaluate.similarity_run import SimilarityRun
from hanmine.evaluate.similarity_tasks import Task, read_fit_file, read_pairs, read_tasks
from hanmine.evaluate.similarity_tuning import Tuning
from hanmine.evaluate.similarity_vectors import TaskVectors, digest_of, encoded, stored
from hanmine.evaluate.text_files import Reading, base_name, is_path
from hanmine.progress import Progress
from hanmine.provenance import Stopwatch, peak_memory, signature
from hanmine.public import public
from hanmine.runners import ThreadRunner
from hanmine.vectors.whitening import Whitening


@public(lambda: (import_module("hanmine.encoder").load_encoder,))
def evaluate_similarity(
    tasks: Any = (),
    *,
    model: Any = None,
    vectors: Any = None,
    dims: Sequence[int | str] | None = None,
    betas: Sequence[float] | None = None,
    gammas: Sequence[float] | None = None,
    presets: Sequence[str] | None = None,
    protocol: str = "unique",
    fit: Sequence[str | PathLike] = (),
    map: str | PathLike | Whitening | None = None,
    tune: str | PathLike | None = None,
    save_map: str | PathLike | None = None,
    limit: int | None = None,
    encoding: str = "auto",
    errors: str = "strict",
    stdin: BinaryIO | None = None,
    array: str | None = None,
    tmpdir: Path | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    **encoder_options: Any,
) -> dict[str, Any]:
    """Score vectors on pairs of sentences.

    Parameters
    ----------
    tasks : a path ("-" is standard input) or paths of files of pairs (sentence1 TAB sentence2 TAB score), or a mapping
        of names to paths or to (sentences1, sentences2, scores).
    model : what `hanmine.encode` takes ("use", "e5", a directory, a name), or an object with `encode(sentences)`.
    vectors : instead of `model`: files or arrays, together a row for each first sentence of the first task, then for
        each second sentence, then the next task likewise, that of `tune` last.
    dims, betas, gammas : score every combination (dims "full" or numbers; not given: "full", 1 and 1).
    presets : score these presets. With none of the four: full, 256, 128, soft and tuned-encoder. Always: raw.
    protocol : "unique" fits on a task's unique sentences, "su2021" on all splits with repeats.
    fit : further files of sentences (of vectors where `vectors` are given) that join the fits.
    map : a saved whitening to score as it is.
    tune : a file of pairs on which β, γ and the dimensions are chosen (among dims × betas × gammas, or a grid of
        usual values); the map so chosen is scored on the tasks as `tuned`. save_map : where to save it.
    limit : take the first so many pairs of each file.
    encoding, errors, stdin : of the files of pairs and sentences, see `hanmine.evaluate.text_files.Reading`.
    array : the array of .npz and .safetensors files, or the column of Parquet files.
    tmpdir, threads, progress : where streams are spooled, how many threads run, who is told how far it is.
    encoder_options : for the model, see `hanmine.encoder.load_encoder`.

    Returns
    -------
    dict with the keys `rows` (a dict for each setting: `setting`, `beta`, `gamma`, `dim`, `tasks` (name → `spearman`,
    `pearson`, `dim`: what was left), `average`, `weighted_average`), `tasks` (`name`, `file`, `pairs`, `fit_rows`),
    `tuning` (None without `tune`; `task`, `raw`, `grid`, `best`, `gain`), `protocol`, `dimensions`, `inputs`,
    `version`, `signature`, `messages`, `timings` (seconds) and `peak_memory` (bytes).

    Raises
    ------
    UsageError : options that do not fit together. InputError : a file is missing or not what it should be (file and
    line named), vectors that do not fit the pairs. MissingExtraError : the model needs a package.
    """
    _check_options(tasks, model, vectors, tune, save_map)
    check_protocol(protocol)
    watch, progress = Stopwatch(), progress or Progress()
    settings = _settings(dims, betas, gammas, presets)
    reading = Reading(encoding, errors, stdin)
    read = read_tasks(tasks, limit, reading)
    dev = read_pairs(tune, limit=limit, reading=reading) if tune is not None else None
    every = [*read, *([dev] if dev else [])]
    maps = {} if map is None else {"map": Whitening.load(map) if is_path(map) else map}
    with watch.phase("vectors"):
        if vectors is not None:
            found = stored(every, fit, vectors, array=array, tmpdir=tmpdir)
        else:
            files = [read_fit_file(path, reading) for path in fit]
            found = encoded(every, files, _encoder(model, encoder_options, threads), progress)
    dimensions = found.matrix.shape[1]
    _check_dimensions(map, maps, dimensions)
    run = SimilarityRun(every, found, Fits(every, found, protocol, threads), ThreadRunner(threads), progress)
    tuning = None
    with watch.phase("scoring"):
        if dev:
            tuning, maps["tuned"] = run.tune(len(read), tuning_grid(dimensions, dims, betas, gammas))
            if save_map is not None:
                maps["tuned"].save(save_map)
        rows = run.score(len(read), settings, maps) if read else []
    return {
        "rows": rows,
        "tasks": run.facts(len(every)),
        "tuning": _tuning_facts(tuning),
        "protocol": protocol,
        "dimensions": dimensions,
        "inputs": [_plain(record) for record in (*(task.record for task in every), *found.inputs) if record],
        "version": __version__,
        "signature": _signature(read, dev, found, protocol, maps.get("map"), map),
        "messages": [*reading.messages(), *found.messages, *run.messages, *(tuning.messages() if tuning else [])],
        "timings": watch.timings(),
        "peak_memory": peak_memory(),
    }


def _check_options(tasks: Any, model: Any, vectors: Any, tune: Any, save_map: Any) -> None:
    if (model is None) == (vectors is None):
        raise UsageError("pass either --model, which encodes the sentences, or --vectors, which holds their vectors")
    if save_map is not None and tune is None:
        raise UsageError("--save-map saves what --tune finds: pass --tune FILE too")
    if not is_path(tasks) and not tasks and tune is None:
        raise UsageError("no pairs: pass files of pairs, or --tune FILE")


def _settings(
    dims: Sequence[int | str] | None,
    betas: Sequence[float] | None,
    gammas: Sequence[float] | None,
    presets: Sequence[str] | None,
) -> list[Setting]:
    """The settings asked for, each once, in order; the default ones where none was."""
    settings = [preset(name) for name in presets or ()]
    if dims or betas or gammas:
        settings += grid(dims or ["full"], betas or [1.0], gammas or [1.0])
    return list(dict.fromkeys(settings)) or default_settings()


def _encoder(model: Any, options: dict[str, Any], threads: int | None) -> Any:
    """The model itself where it can encode, else the encoder that it names."""
    if not is_path(model):
        if options:
            raise UsageError(f"{', '.join(options)}: options are for models that are named, and this one is an object")
        return model
    from hanmine.encoder import load_encoder

    return load_encoder(model, threads=threads, **options)


def _check_dimensions(map: Any, maps: dict[str, Whitening], dimensions: int) -> None:
    for whitening in maps.values():
        if whitening.n_features_in_ != dimensions:
            raise InputError(
                f"{map if is_path(map) else 'the map'}: is for {whitening.n_features_in_} dimensions, and the vectors "
                f"have {dimensions}: pass a map that was fitted on vectors of this model"
            )


def _tuning_facts(tuning: Tuning | None) -> dict[str, Any] | None:
    if tuning is None:
        return None
    tried = [
        {"setting": setting.name, "beta": setting.beta, "gamma": setting.gamma, "dim": dim, **asdict(scores)}
        for setting, scores, dim in zip(tuning.settings, tuning.scores, tuning.dims, strict=True)
    ]
    return {
        "task": tuning.task,
        "raw": asdict(tuning.raw),
        "grid": tried,
        "best": tried[tuning.best],
        "gain": tuning.gain,
    }


def _signature(
    tasks: Sequence[Task], dev: Task | None, found: TaskVectors, protocol: str, loaded: Whitening | None, map: Any
) -> str:
    facts: dict[str, Any] = {"tasks": [_named(task) for task in tasks]} if tasks else {}
    if dev:
        facts["tune"] = _named(dev)
    facts |= found.facts
    facts["fit_on"] = protocol
    if found.fit_names:
        facts["fit"] = found.fit_names
    if loaded is not None:
        facts["map"] = f"{base_name(map) if is_path(map) else '<object>'}#{digest_of(loaded.matrix_, loaded.bias_)}"
    return signature("eval-similarity", **facts)


def _named(task: Task) -> str:
    """The file's name without folders, the first digits of its hash, and how many of its pairs were taken."""
    base = base_name(task.file)
    digest = f"#{task.record.sha256[:8]}" if task.record and task.record.sha256 else ""
    return f"{base}{digest}*{len(task)}"


def _plain(record: Any) -> Any:
    return asdict(record) if is_dataclass(record) else record
