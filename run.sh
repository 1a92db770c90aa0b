#!/usr/bin/env bash
# One command for everything: prepares what the program needs, then becomes the program, so that its exit
# code, signals and terminal are the caller's. Messages of this script go to standard error: standard output
# belongs to the program, which ends it with one line of JSON.
set -euo pipefail

root=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
venv=${PHONEME_VENV:-$root/.venv}
[[ $venv == /* ]] || venv=$PWD/$venv

usage() {
  cat <<'EOF'
usage: ./run.sh MODE CONFIG [KEY=VALUE ...]

  ./run.sh train config/quickstart.yaml                         train, then measure on the test split
  ./run.sh val   config/quickstart.yaml ckpt_path=CHECKPOINT    measure on the validation split
  ./run.sh test  config/quickstart.yaml ckpt_path=CHECKPOINT    measure on the test split
  ./run.sh vocab config/quickstart.yaml [output=FILE]           make a vocabulary from the config's datasets
  ./run.sh transcribe CHECKPOINT FILE|FOLDER ...                phonemes of any recordings
  ./run.sh selftest [PYTEST ARGUMENTS]                          the whole test suite

KEY=VALUE overrides any value of the config by its dotted path:
  trainer.max_epochs=3   'data.augmentations[0].init_args.p=0.3'

The first run makes a virtual environment and installs into it what the program needs, in the tested
versions (constraints.txt); this takes some minutes and is done again only when pyproject.toml,
constraints.txt or the Python changed. Python 3.11 or newer has to be there. A GPU is used where there is one.

A config that lies in this repository runs in the repository's folder, wherever you call from: relative
paths start there. Everything else runs where you stand. A config that is not found from where you stand is
looked for in the repository. Modules in the repository's folder can be named in a class_path either way.

Environment:
  PHONEME_VENV    folder of the virtual environment (default: .venv beside this script)
  PHONEME_LOCAL   1: never use a container (this version always runs in the virtual environment)

Exit codes: 0 done, 2 something for you to mend, 1 a fault of the program, 128+N ended by signal N.
Standard output ends with one line of JSON with the main figures; all else goes to standard error.
EOF
}

say() { printf 'run.sh: %s\n' "$*" >&2; }
fail() { say "$@"; exit 2; }

# THE CONTAINER DOOR: will run the mode in a container and not return. Where it cannot, it returns 1 and leaves
# the reason in $why. No image is described in the repository yet, so this door is still closed.
run_in_container() {
  why="no container image yet"
  [[ ${PHONEME_LOCAL:-} != 1 ]] || why="PHONEME_LOCAL=1"
  return 1
}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# Prints a Python that can make the virtual environment, or says what to install.
find_python() {
  local name unfit=
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    is_new_enough "$name" || continue
    if "$name" -c 'from ensurepip import version; import venv' 2>/dev/null; then
      printf '%s\n' "$name"
      return
    fi
    unfit=$name
  done
  [[ -z $unfit ]] || fail "$unfit cannot make a virtual environment: its ensurepip module is missing." \
    "On Debian and Ubuntu: apt-get install python3-venv"
  fail "Python 3.11 or newer is needed, found $(python3 --version 2>/dev/null || echo none)." \
    "On Debian and Ubuntu: apt-get install python3 python3-venv"
}

# What an installation depends on. The folder counts because the installation points into it.
fingerprint() {
  { cat -- "$root/pyproject.toml" "$root/constraints.txt"; readlink -f -- "$venv/bin/python"; echo "$root"; } | sha256sum
}

# $1 is `run` or `dev`. Runs at every start, so it starts no Python.
is_installed() {
  local stamp=$venv/.installed-$1
  [[ -x $venv/bin/python && -f $stamp && $(<"$stamp") == "$(fingerprint)" ]]
}

# pip's long story as one line that changes in place, where someone is looking.
show_progress() {
  local line
  while IFS= read -r line; do
    [[ ! -t 2 ]] || printf '\r\e[K%.79s' "${line%% (from *}" >&2
  done
  [[ ! -t 2 ]] || printf '\r\e[K' >&2
}

# The stamps go first and come last: an installation that was cut off is done again.
install() {
  local target=$root stamps=("$venv/.installed-run") log=$venv/install.log python wanted
  rm -f -- "$venv"/.installed-*
  if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    [[ -e $venv/pyvenv.cfg || -z $(ls -A -- "$venv") ]] ||
      fail "$venv holds files but is no virtual environment. Empty it, or set PHONEME_VENV to another folder."
    "$python" -m venv --clear "$venv" >&2
  fi
  [[ $1 == run ]] || { target+="[$1]" && stamps+=("$venv/.installed-$1"); }
  wanted=$(fingerprint) # now: the files may be edited while pip works
  say "installing into $venv (some minutes the first time; details: $log)"
  "$venv/bin/python" -m pip install --disable-pip-version-check --no-input \
    --constraint "$root/constraints.txt" --editable "$target" </dev/null 2>&1 | tee -- "$log" | show_progress ||
    { tail -n 15 -- "$log" >&2 && fail "the installation failed, see above. The next start tries again."; }
  tee -- "${stamps[@]}" <<<"$wanted" >/dev/null
}

# The folder itself is the lock. pip inherits it, so a second start waits even where the first was killed.
prepare() {
  is_installed "$1" && return
  mkdir -p -- "$venv"
  (
    flock -n 9 || { say "waiting for another start that is installing into $venv" && flock 9; }
    is_installed "$1" || install "$1"
  ) 9<"$venv"
}

# Prints the config's path inside the repository, or nothing where it lies elsewhere (or is no config).
config_in_repository() {
  local path=$1
  [[ $path == *.yaml || $path == *.yml ]] || return 0
  [[ -e $path ]] || path=$root/$path
  [[ -e $path ]] || return 0
  path=$(realpath -- "$(dirname -- "$path")")/$(basename -- "$path")
  [[ $path != "$root"/* ]] || printf '%s\n' "${path#"$root"/}"
}

main() {
  case ${1:-} in
    "") usage >&2 && exit 2 ;;
    -h | --help | help) usage && exit 0 ;;
  esac
  run_in_container "$@" || say "$why: running in the virtual environment $venv"

  if [[ $1 == selftest ]]; then
    prepare dev
    cd -- "$root"
    exec "$venv/bin/python" -m pytest "${@:2}"
  fi

  prepare run
  local config
  config=$(config_in_repository "${2:-}")
  if [[ -n $config ]]; then
    cd -- "$root"
    set -- "$1" "$config" "${@:3}"
  fi
  export PYTHONPATH=$root${PYTHONPATH:+:$PYTHONPATH}
  exec "$venv/bin/python" -m phoneme_recognition "$@"
}

main "$@"
