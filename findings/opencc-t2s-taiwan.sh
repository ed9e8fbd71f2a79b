#!/bin/sh
# OpenCC: text of Taiwan stays half traditional with t2s
#
# One expects: t2s, "Traditional Chinese to Simplified Chinese", turns 他看著我說話 into 他看着我说话, so that words match
# dictionaries in simplified script.
# What happens: 說 becomes 说, but 著, which Taiwan writes for 着 throughout, is left as it is (so are 痺, 簷 and some
# more, for which Taiwan or Hong Kong have forms of their own): 他看著我说话. Nothing is said. tw2s does what one expects,
# and keeps 著 where it is right (著名).
# Why it matters: 著 marks what is going on, and so is in nearly every sentence or two. After t2s, 看著 or 接著 stand in no
# simplified dictionary (jieba's has 看着): they pass for new words, and segmenters do not know them.
# Package: opencc 1.4.2 (and jieba 0.42.1 for its dictionary).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-cache-dir --target "$folder" opencc==1.4.2 jieba==0.42.1
PYTHONPATH=$folder python3 - "$folder" <<'PYTHON'
import sys
from importlib.metadata import version
from pathlib import Path

import opencc

text = "他看著我說話，接著笑著走了。著名的"
found = {name: opencc.OpenCC(name).convert(text) for name in ("t2s", "tw2s")}
words = {line.split()[0] for line in (Path(sys.argv[1]) / "jieba" / "dict.txt").read_text("utf-8").splitlines()}
known = {word: word in words for word in ("看著", "看着", "接著", "接着")}
print("opencc", version("opencc"), "jieba", version("jieba"))
print("text ", text)
for name, converted in found.items():
    print(f"{name:5}", converted)
print("in jieba's dictionary:", known)
expected = {"t2s": "他看著我说话，接著笑著走了。著名的", "tw2s": "他看着我说话，接着笑着走了。著名的"}
if found != expected or known != {"看著": False, "看着": True, "接著": False, "接着": True}:
    sys.exit("the behaviour has changed")
PYTHON
