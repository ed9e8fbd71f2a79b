"""Words of a sentence, their impact on each other, and dependency and constituency trees made of it. Experimental."""

from hanmine.parsing.constituency import constituency_tree, mart, su_tree
from hanmine.parsing.decoders import arc_scores, chu_liu_edmonds, dependency_heads, eisner
from hanmine.parsing.parser import Parsed, ParseOptions, Parser, parse
from hanmine.parsing.words import Sentence

__all__ = [
    "ParseOptions",
    "Parsed",
    "Parser",
    "Sentence",
    "arc_scores",
    "chu_liu_edmonds",
    "constituency_tree",
    "dependency_heads",
    "eisner",
    "mart",
    "parse",
    "su_tree",
]
