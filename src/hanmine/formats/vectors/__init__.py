"""Matrices of vectors in the formats of the field, read a block of rows at a time and written as a stream.

`open_vectors` makes one matrix of any number of files, patterns and pipes; `write_vectors` writes one. What they have
in common: the matrix is never held in memory, whatever its size.
"""

from hanmine.formats.vectors.detect import VECTOR_FORMATS, vector_format_of
from hanmine.formats.vectors.files import VectorFiles, open_vectors
from hanmine.formats.vectors.write import write_vectors

__all__ = ["VECTOR_FORMATS", "VectorFiles", "open_vectors", "vector_format_of", "write_vectors"]
