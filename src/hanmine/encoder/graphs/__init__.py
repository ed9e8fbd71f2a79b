"""ONNX graphs of transformers, written from their config.json: one module a layout."""

from __future__ import annotations

from hanmine.encoder.graphs.bert import Bert
from hanmine.encoder.graphs.ernie import Ernie
from hanmine.encoder.graphs.modernbert import ModernBert
from hanmine.encoder.graphs.roberta import Roberta, XlmRoberta
from hanmine.encoder.graphs.roformer import RoFormer
from hanmine.encoder.graphs.writer import INPUTS, Graph, Weight
from hanmine.encoder.model_config import Settings
from hanmine.errors import InputError

__all__ = ["INPUTS", "LAYOUTS", "Graph", "Layout", "Weight", "read_layout"]

Layout = Bert | ModernBert
LAYOUTS = {layout.layout: layout for layout in (Bert, Roberta, XlmRoberta, RoFormer, ModernBert, Ernie)}


def read_layout(settings: Settings) -> Layout:
    """The layout that config.json describes.

    Raises
    ------
    InputError : its model_type is none of `LAYOUTS`, or a setting is missing, wrong or not supported.
    """
    kind = settings.text("model_type")
    if kind not in LAYOUTS:
        raise InputError(
            f"{settings.where}: the layout {kind!r} is not known (known: {', '.join(LAYOUTS)}): add a model.onnx, or "
            "use the torch back end"
        )
    return LAYOUTS[kind](settings)
