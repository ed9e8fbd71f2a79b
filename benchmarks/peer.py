"""The same job by jieba-calcu, as its documentation calls it: `peer.py FILE`. Needs benchmarks/requirements.txt."""

import sys

from jieba_calcu import word_discovery

with open(sys.argv[1], encoding="utf-8") as lines:
    texts = [line.strip() for line in lines if line.strip()]
words = word_discovery.WordDiscovery(gen=texts).word_discovery()
print(len(words))
