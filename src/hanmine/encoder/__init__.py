"""Sentence vectors of pretrained encoders: built-in ones, and transformers that lie in a directory."""

from hanmine.encoder.encode import Encoder, encode, load_encoder

__all__ = ["Encoder", "encode", "load_encoder"]
