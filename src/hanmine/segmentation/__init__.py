"""Text into words: branching entropy, gap scores of masked models, or both in one dynamic program."""

from hanmine.segmentation.pipeline import Segmentation
from hanmine.segmentation.segment import segment
from hanmine.segmentation.segmented import Segmented

__all__ = ["Segmentation", "Segmented", "segment"]
