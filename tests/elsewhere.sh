#!/usr/bin/env bash
# Runs the tests as other machines would, on this one. Needs the environment of `make setup` and Linux.
#
#     tests/elsewhere.sh [LINE …] [-- ARGUMENTS OF PYTEST]
#
# A line is one of those below; without any, all run. Each works on a copy of the tree in a temporary folder, with a
# home, caches and compiled kernels of its own. Ends with 1 where a line failed, and names those that did.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${PYTHON:-$root/.venv/bin/python}
lines=(fonts haswell sandybridge generic numpy timezone locale home user)

# What each line is: variables for `env`, one an element of `setting`, and who runs it.
set_up() {
  case $1 in
    fonts) setting=("FONTCONFIG_PATH=$work/nothing" "FONTCONFIG_FILE=$work/nothing/fonts.conf" "XDG_DATA_HOME=$work/nothing")
      # matplotlib looks into the system's folders by itself: they are covered where the kernel lets us.
      unshare --mount true 2>/dev/null && command=(unshare --mount bash -c
        'for d in /usr/share/fonts /usr/local/share/fonts; do [ ! -d $d ] || mount -t tmpfs none $d; done; exec "$@"' --) ;;
    haswell) setting=(OPENBLAS_CORETYPE=Haswell) ;;
    sandybridge) setting=(OPENBLAS_CORETYPE=Sandybridge) ;;
    generic) setting=(NUMBA_CPU_NAME=generic) ;;
    numpy) setting=("NPY_DISABLE_CPU_FEATURES=$(avx512)") ;;
    timezone) setting=(TZ=Pacific/Chatham) ;;
    locale) setting=(LC_ALL=C) ;;
    home) nobody; read_only=("$work/home") ;;  # root writes where it likes
    user) nobody ;;
    *) echo "elsewhere.sh: there is no line $1: choose from ${lines[*]}" >&2; exit 2 ;;
  esac
}

# Runs as the user nobody where this is root: in a namespace, so that an interpreter in root's home is still within reach.
nobody() {
  [ "$(id -u)" != 0 ] || command=(unshare --user --map-user=65534 --map-group=65534)
}

# The features of AVX-512 that numpy has found and may be told to leave out.
avx512() {
  "$python" - <<'CODE'
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
print(" ".join(name for name in __cpu_dispatch__ if name.startswith("AVX512") and __cpu_features__.get(name)))
CODE
}

run() {
  work=$(mktemp -d "${TMPDIR:-/tmp}/hanmine-elsewhere.XXXXXX")
  setting=() command=() read_only=()
  set_up "$1"
  mkdir -p "$work"/{nothing,home,tmp,tree}
  # What git tracks, and new files; kernels that were compiled here stay behind.
  (cd "$root" && git ls-files -z --cached --others --exclude-standard | xargs -0 -I{} sh -c '[ ! -e "$1" ] || printf "%s\0" "$1"' - {} |
    tar --create --null --files-from=- ) | tar --extract --directory="$work/tree"
  [ ${#read_only[@]} = 0 ] || chmod -R a-w "${read_only[@]}"
  (
    cd "$work/tree" || exit 1
    env -u HANMINE_FONT -u HANMINE_CACHE_DIR -u XDG_CACHE_HOME "HOME=$work/home" "TMPDIR=$work/tmp" \
      "PYTHONPATH=$work/tree/src" "${setting[@]}" "${command[@]}" "$python" -m pytest -p no:cacheprovider "${arguments[@]}"
  )
  local code=$?
  chmod -R u+w "$work" && rm -rf "$work"
  return $code
}

chosen=() arguments=()
while [ $# -gt 0 ]; do
  if [ "$1" = -- ]; then shift; arguments=("$@"); break; fi
  chosen+=("$1")
  shift
done
[ ${#chosen[@]} -gt 0 ] || chosen=("${lines[@]}")
[ ${#arguments[@]} -gt 0 ] || arguments=(-n auto --maxprocesses 4 --dist worksteal)  # as make test has it
failed=()
for line in "${chosen[@]}"; do
  [[ " ${lines[*]} " == *" $line "* ]] || { echo "elsewhere.sh: there is no line $line: choose from ${lines[*]}" >&2; exit 2; }
done
for line in "${chosen[@]}"; do
  echo "== $line"
  run "$line" || failed+=("$line")
done
[ ${#failed[@]} = 0 ] || { echo "failed: ${failed[*]}" >&2; exit 1; }
echo "passed: ${chosen[*]}"
