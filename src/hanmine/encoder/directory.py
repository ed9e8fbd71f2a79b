"""What a directory says about its model beside the transformer: the modules of sentence-transformers, prompts, lengths.

A directory with modules.json is one of sentence-transformers, whose pooling and further modules are honoured; any other
is a plain transformer.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hanmine.encoder.pooling import TOKEN_MODES, unit_rows
from hanmine.errors import InputError
from hanmine.vectors.blas import one_blas_thread

_ACTIVATIONS = {"Identity": lambda values: values, "Tanh": np.tanh}
_LONGEST_NAME = 60  # characters of a folder's name, which are up to four bytes each
_LEGACY_MODES = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}


class Normalize:
    """Vectors made of length 1."""

    name = "normalize"

    def apply(self, vectors: np.ndarray) -> np.ndarray:
        return unit_rows(vectors)


class Dense:
    """A linear layer and its activation, computed in float64."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray | None, activation: str) -> None:
        self.name = f"dense{weight.shape[0]}-{activation.lower()}"
        self.weight, self.bias = weight.astype(np.float64), None if bias is None else bias.astype(np.float64)
        self._activation = _ACTIVATIONS[activation]

    def apply(self, vectors: np.ndarray) -> np.ndarray:
        with one_blas_thread():
            found = vectors.astype(np.float64) @ self.weight.T
        if self.bias is not None:
            found += self.bias
        return self._activation(found).astype(np.float32)


@dataclass(frozen=True)
class ModelDirectory:
    """A directory, read but for its weights.

    Attributes
    ----------
    path : the directory. transformer : where config.json, the weights and the tokenizer lie (in `path` or below).
    pooling : modes of which the vectors are joined; empty where the directory says nothing.
    include_prompt : whether the tokens of a prompt count in the pooling.
    modules : what is applied to the pooled vectors.
    max_length : tokens of a sentence; None where the directory says nothing.
    lower_case : capitals are lowered before tokenization, whatever the tokenizer does.
    prompts, default_prompt : texts by name, and the name of the one in use by default.
    """

    path: Path
    transformer: Path
    pooling: tuple[str, ...] = ()
    include_prompt: bool = True
    modules: tuple[Normalize | Dense, ...] = ()
    max_length: int | None = None
    lower_case: bool = False
    prompts: dict[str, str] = field(default_factory=dict)
    default_prompt: str | None = None

    def digest(self) -> str:
        """SHA-256 of the files that decide the vectors, in hexadecimal digits; reads the weights once."""
        total = hashlib.sha256()
        for file in sorted(self.path.rglob("*")):
            if file.suffix in (".json", ".txt", ".safetensors", ".onnx", ".onnx_data", ".model") and file.is_file():
                with file.open("rb") as stream:
                    total.update(f"{file.relative_to(self.path).as_posix()}\n".encode())
                    total.update(hashlib.file_digest(stream, "sha256").digest())
        return total.hexdigest()


def read_directory(path: Path) -> ModelDirectory:
    """Read what `path` says.

    Raises
    ------
    InputError : a file is missing or broken, or asks for something that is not known here; the line names it.
    """
    entries = read_json(path / "modules.json")
    if entries is None:
        _check_transformer(path)
        return ModelDirectory(path, path)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries) or not entries:
        raise InputError(f"{path / 'modules.json'}: is no list of modules: copy the file again")
    kinds = [_kind(entry, path) for entry in entries]
    folders = [_folder(entry, path) for entry in entries]
    if kinds[0] != "Transformer":
        raise _unknown(path, entries[0], "the first module must be a Transformer")
    transformer = folders[0]
    _check_transformer(transformer)
    pooling: tuple[str, ...] = ()
    include_prompt, modules = True, []
    for kind, folder, entry in zip(kinds[1:], folders[1:], entries[1:], strict=True):
        if kind == "Pooling" and not pooling:
            pooling, include_prompt = _read_pooling(folder)
        elif kind == "Dense" and pooling:
            modules.append(_read_dense(folder))
        elif kind == "Normalize" and pooling:
            _check_inputs(read_object(folder / "config.json"), folder)
            modules.append(Normalize())
        elif kind != "Dropout":  # which does nothing but in training
            raise _unknown(path, entry, "known are Transformer, Pooling, Dense, Normalize and Dropout in this order")
    if not pooling:
        raise InputError(f"{path / 'modules.json'}: has no Pooling module: pass --pooling, and a folder without it")
    prompts, default = _read_prompts(path)
    return ModelDirectory(
        path, transformer, pooling, include_prompt, tuple(modules), *_read_lengths(transformer), prompts, default
    )


def read_json(path: Path) -> Any:
    """What a JSON file holds; None where there is no such file.

    Raises
    ------
    InputError : it cannot be read, or is no JSON.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error}): check the file") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is no JSON ({error}): copy the file again") from error


def read_object(path: Path) -> dict[str, Any]:
    """The object that a JSON file holds; an empty one where there is no such file.

    Raises
    ------
    InputError : it cannot be read, is no JSON, or another value.
    """
    found = read_json(path)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise InputError(f"{path}: holds no JSON object: copy the file again")
    return found


def _check_transformer(path: Path) -> None:
    """Refuse what has no config.json, with the way to one where a TensorFlow checkpoint lies there."""
    if (path / "config.json").is_file():
        return
    index = next(iter(sorted(path.glob("*.ckpt.index"))), None)
    if index is None:
        raise InputError(f"{path}: has no config.json: name the folder of a transformer, or pass --model e5")
    kind, model = (
        ("roformer", "RoFormerForMaskedLM") if "roformer" in path.resolve().name else ("bert", "BertForPreTraining")
    )
    config = model.partition("For")[0] + "Config"
    raise InputError(
        f"{path}: is a TensorFlow checkpoint, which is not read: convert it where torch, tensorflow and transformers 4 "
        f'are: python -c "from transformers import {config}, {model}; '
        f"from transformers.models.{kind}.modeling_{kind} import load_tf_weights_in_{kind} as load; "
        f"c = {config}.from_json_file('{path / 'bert_config.json'}'); m = {model}(c); "
        f"load(m, c, '{index.with_suffix('')}'); m.save_pretrained('{path}')\""
    )


def _kind(entry: dict, path: Path) -> str:
    package, _, kind = str(entry.get("type")).rpartition(".")
    if package.split(".")[0] != "sentence_transformers":
        raise _unknown(path, entry, "it is code of the model's own, which is not run")
    return kind


def _folder(entry: dict, path: Path) -> Path:
    """Where a module lies: in the directory itself, or in a folder below it."""
    name = entry.get("path") or ""
    if not isinstance(name, str) or len(name) > _LONGEST_NAME or "\0" in name or ".." in Path(name).parts:
        raise InputError(f"{path / 'modules.json'}: {name!r:.40} is no folder in it: copy the file again")
    if Path(name).is_absolute():
        raise InputError(f"{path / 'modules.json'}: {name!r:.40} is outside of its folder: copy the file again")
    return path / name


def _unknown(path: Path, entry: dict, why: str) -> InputError:
    return InputError(
        f"{path / 'modules.json'}: module {str(entry.get('type'))!r} is not supported ({why}): choose another model"
    )


def _read_pooling(folder: Path) -> tuple[tuple[str, ...], bool]:
    settings = _settings(folder)
    modes = settings.get("pooling_mode")
    if modes is None:
        modes = [mode for flag, mode in _LEGACY_MODES.items() if settings.get(flag)] or ["mean"]
    modes = [modes] if isinstance(modes, str) else list(modes)
    for mode in modes:
        if mode not in TOKEN_MODES:
            raise InputError(f"{folder / 'config.json'}: pooling mode {mode!r} is unknown: choose another model")
    return tuple(modes), bool(settings.get("include_prompt", True))


def _read_dense(folder: Path) -> Dense:
    settings = _settings(folder)
    _check_inputs(settings, folder)
    activation = str(settings.get("activation_function") or "torch.nn.modules.activation.Tanh").rpartition(".")[2]
    if activation not in _ACTIVATIONS or settings.get("use_residual"):
        what = "use_residual" if settings.get("use_residual") else f"activation {activation}"
        raise InputError(f"{folder / 'config.json'}: a Dense module with {what} is not supported: choose another model")
    file = folder / "model.safetensors"
    if not file.is_file():
        has = "it has only pytorch_model.bin, a pickle" if (folder / "pytorch_model.bin").is_file() else "no weights"
        raise InputError(
            f"{folder}: has no model.safetensors ({has}): load the model with sentence-transformers where torch is "
            "and save it again with save_pretrained"
        )
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = load_file(file)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{file}: cannot be read ({error}): store it as F32 or F16, or copy the file again") from error
    weight, bias = tensors.get("linear.weight"), tensors.get("linear.bias")
    if weight is None or weight.ndim != 2 or (bias is not None and bias.shape != weight.shape[:1]):
        raise InputError(f"{file}: has no matrix linear.weight with a fitting linear.bias: copy the file again")
    return Dense(weight, bias, activation)


def _check_inputs(settings: dict, folder: Path) -> None:
    for name in ("module_input_name", "module_output_name"):
        if settings.get(name) not in (None, "sentence_embedding"):
            raise InputError(
                f"{folder / 'config.json'}: {name} {settings[name]!r} is not supported: choose another model"
            )


def _settings(folder: Path) -> dict:
    if not (folder / "config.json").is_file():
        raise InputError(f"{folder}: has no config.json: copy the folder again")
    return read_object(folder / "config.json")


def _read_lengths(transformer: Path) -> tuple[int | None, bool]:
    """Maximal length and lower case, of sentence_bert_config.json; the length else of the tokenizer."""
    settings = read_object(transformer / "sentence_bert_config.json")
    length = settings.get("max_seq_length")
    if length is None:
        length = read_object(transformer / "tokenizer_config.json").get("model_max_length")
    # Tokenizers without a limit say 10 ** 30.
    valid = isinstance(length, int | float) and 2 < length < 1 << 20
    return (int(length) if valid else None), bool(settings.get("do_lower_case"))


def _read_prompts(path: Path) -> tuple[dict[str, str], str | None]:
    file = path / "config_sentence_transformers.json"
    settings = read_object(file)
    prompts = settings.get("prompts") or {}
    default = settings.get("default_prompt_name")
    if not isinstance(prompts, dict) or not all(isinstance(prompt, str) for prompt in prompts.values()):
        raise InputError(f"{file}: its prompts are no texts by name: copy the file again")
    if default is not None and (not isinstance(default, str) or default not in prompts):
        raise InputError(f"{file}: default_prompt_name {default!r} is none of its prompts: mend the file")
    return dict(prompts), default
