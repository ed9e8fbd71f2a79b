"""Transformers on torch, as the package transformers loads them: every layout that it knows, from local files alone."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hanmine.encoder.graphs import LAYOUTS, read_layout
from hanmine.encoder.interface import Decoder, check_batch, check_outputs, empty_outputs, hidden_name
from hanmine.encoder.model_config import Settings
from hanmine.encoder.weights import weight_files
from hanmine.errors import InputError, MissingExtraError

_HEAD = ("mlm_hidden", "logits")


class TorchBackend:
    """A `Backend` on torch. All layers are computed, whatever is asked; the head of the masked language model is loaded
    when it is first asked for."""

    name = "torch"

    def __init__(self, directory: Path, settings: Settings, *, threads: int | None) -> None:
        try:
            torch, transformers = (importlib.import_module(name) for name in ("torch", "transformers"))
        except ImportError as error:
            raise MissingExtraError("running a transformer directory with torch", "torch") from error
        weight_files(directory)  # tells what lies there instead
        if threads is not None:
            torch.set_num_threads(threads)
        self._torch, self._directory, self._settings = torch, directory, settings
        self._lock = threading.Lock()
        self._head: object | None = None
        self._model, absent = self._load(transformers.AutoModel)
        self.layers = self._model.config.num_hidden_layers
        self.dimensions = self._model.config.hidden_size
        self._shape = _Shape(self._model, settings)
        self.max_tokens = self._shape.max_tokens
        names = [hidden_name(layer) for layer in range(self.layers + 1)]
        # A pooler that the files lack has been made up of random numbers.
        if getattr(self._model, "pooler", None) is not None and not any("pooler" in name for name in absent):
            names.append("pooler")
        if any(str(kind).endswith(("ForMaskedLM", "ForPreTraining")) for kind in settings.get("architectures") or []):
            names += _HEAD
        self.available = frozenset(names)
        self.facts = {
            "backend": "torch",
            "layout": self._model.config.model_type,
            "precision": "fp32",
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        }

    def run(
        self,
        input_ids: np.ndarray,
        attention_mask: np.ndarray,
        token_type_ids: np.ndarray | None = None,
        outputs: Sequence[str] = (),
    ) -> dict[str, np.ndarray]:
        """See `Backend.run`."""
        check_outputs(outputs, self.available, str(self._directory))
        batch = check_batch(input_ids, attention_mask, token_type_ids, self._shape, str(self._directory))
        if not batch[0].size:
            return empty_outputs(outputs, batch[0].shape, self._shape)
        results: dict[str, np.ndarray] = {}
        if any(name not in _HEAD for name in outputs):
            given = self._call(self._model, batch, output_hidden_states=True)
            results |= {hidden_name(layer): states for layer, states in enumerate(given.hidden_states)}
            results["pooler"] = getattr(given, "pooler_output", None)
        if any(name in _HEAD for name in outputs):
            results |= self._language_model(batch)
        return {name: results[name].numpy() for name in outputs}

    def _call(self, model, batch: Sequence[np.ndarray], **options):
        ids, mask, segments = map(self._torch.from_numpy, batch)
        if "token_type_ids" in inspect.signature(model.forward).parameters:
            options["token_type_ids"] = segments
        with self._torch.inference_mode():
            return model(input_ids=ids, attention_mask=mask, return_dict=True, **options)

    def decoder(self) -> Decoder | None:
        """See `Backend.decoder`."""
        if "mlm_hidden" not in self.available:
            return None
        with self._lock:
            layer = self._with_head().get_output_embeddings()
        bias = None if layer.bias is None else layer.bias.detach().numpy()
        return Decoder(layer.weight.detach().numpy(), bias)

    def _with_head(self):
        """The model with its head; the caller holds the lock."""
        if self._head is None:
            from transformers import AutoModelForMaskedLM

            self._head, _ = self._load(AutoModelForMaskedLM)
        return self._head

    def _language_model(self, batch: Sequence[np.ndarray]) -> dict[str, object]:
        with self._lock:  # the hook keeps what this call hands to the decoder
            kept = []
            decoder = self._with_head().get_output_embeddings()
            hook = decoder.register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0]))
            try:
                logits = self._call(self._head, batch).logits
            finally:
                hook.remove()
        return {"logits": logits, "mlm_hidden": kept[0]}

    def _load(self, kind) -> tuple[object, list[str]]:
        """The model in float32, and the names of weights that the files lack."""
        import transformers

        progress = transformers.utils.logging.is_progress_bar_enabled()
        verbosity = transformers.utils.logging.get_verbosity()
        transformers.utils.logging.disable_progress_bar()
        transformers.utils.logging.set_verbosity_error()
        try:
            model, report = kind.from_pretrained(
                str(self._directory),
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                output_loading_info=True,
            )
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            reason = " ".join(str(error).split())
            raise InputError(f"{self._directory}: cannot be loaded by transformers: {reason[:300]}") from error
        finally:
            transformers.utils.logging.set_verbosity(verbosity)
            if progress:
                transformers.utils.logging.enable_progress_bar()
        absent = sorted(report["missing_keys"])
        essential = [name for name in absent if "pooler" not in name and "position_ids" not in name]
        if essential:
            raise InputError(f"{self._directory}: the weights lack the tensor {essential[0]!r}: copy the files again")
        return model.float().eval(), absent


class _Shape:
    """The sizes by which a batch is checked."""

    def __init__(self, model, settings: Settings) -> None:
        config = model.config
        self.layers, self.dimensions = config.num_hidden_layers, config.hidden_size
        self.embedding = getattr(config, "embedding_size", None) or self.dimensions
        self.vocabulary = model.get_input_embeddings().num_embeddings
        self.segments = None
        self.max_tokens = getattr(config, "max_position_embeddings", None)
        if config.model_type in LAYOUTS:
            with contextlib.suppress(InputError):  # settings that transformers knows and the graphs do not
                layout = read_layout(settings)
                self.max_tokens, self.segments = layout.max_tokens, layout.segments
