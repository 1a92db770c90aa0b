#!/usr/bin/env bash
# One command for everything: prepares what the program needs, a container or a virtual environment, and runs it
# there as if it ran here: its exit code, signals, terminal and files are the caller's. Messages of this script go
# to standard error: standard output belongs to the program, which ends it with one line of JSON.
set -euo pipefail

root=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
venv=${PHONEME_VENV:-$root/.venv}
[[ $venv == /* ]] || venv=$PWD/$venv
container=${PHONEME_CONTAINER:-phoneme_recognition}
base_image=${PHONEME_BASE_IMAGE:-python:3.11-slim}

usage() {
  cat <<'EOF'
usage: ./run.sh MODE CONFIG [KEY=VALUE ...]

  ./run.sh train config/quickstart.yaml                         train, then measure on the test split
  ./run.sh val   config/quickstart.yaml ckpt_path=CHECKPOINT    measure on the validation split
  ./run.sh test  config/quickstart.yaml ckpt_path=CHECKPOINT    measure on the test split
  ./run.sh check config/quickstart.yaml                         what a run would stumble over, in seconds
  ./run.sh tune  config/quickstart.yaml                         search for better parameters (section optuna)
  ./run.sh preview config/quickstart.yaml [output=FOLDER]       picture and sound of each augmentation
  ./run.sh vocab config/quickstart.yaml [output=FILE]           make a vocabulary from the config's datasets
  ./run.sh transcribe CHECKPOINT FILE|FOLDER ...                phonemes of any recordings
  ./run.sh phonemize TEXT|FILE                                  phonemes of any text
  ./run.sh selftest [PYTEST ARGUMENTS]                          the whole test suite

KEY=VALUE overrides any value of the config by its dotted path:
  trainer.max_epochs=3   'data.augmentations[0].init_args.p=0.3'

Where Docker answers, the mode runs in the container "phoneme_recognition", which the first run builds and
starts (some minutes) and every later run finds there. It is built again when the Dockerfile, pyproject.toml or
constraints.txt changed. The repository lies in it where it lies outside, and what is written belongs to you.
A GPU is used where Docker offers one, and never needed. Other folders have to be named in PHONEME_MOUNTS.

Where Docker does not answer, one line says so and the mode runs in a virtual environment that is made and
filled in the same way; Python 3.11 or newer has to be there.

A config that lies in this repository runs in the repository's folder, wherever you call from: relative
paths start there. Everything else runs where you stand. A config that is not found from where you stand is
looked for in the repository. Modules in the repository's folder can be named in a class_path either way.

Environment:
  PHONEME_LOCAL        1: no container, run in the virtual environment
  PHONEME_MOUNTS       folders outside of the repository that the container is to see, separated by colons
  PHONEME_CONTAINER    name of the container (default: phoneme_recognition)
  PHONEME_BASE_IMAGE   image to build on (default: python:3.11-slim)
  PHONEME_TORCH_INDEX  package index for PyTorch in the image (default: its builds for the CPU where Docker
                       offers no GPU; empty: PyPI, whose build brings CUDA along)
  PHONEME_VENV         folder of the virtual environment (default: .venv beside this script)
Keys, proxies and the settings of libraries (HF_*, MDC_API_KEY, CUDA_*, OMP_*, ...) reach the program either way.

Exit codes: 0 done, 2 something for you to mend, 1 a fault of the program, 128+N ended by signal N.
Standard output ends with one line of JSON with the main figures; all else goes to standard error.
EOF
}

say() { printf 'run.sh: %s\n' "$*" >&2; }
fail() { say "$@"; exit 2; }

# ---- The container

# Folders as the program sees them inside: each where it lies outside, so that a path means the same on both
# sides. The repository, where links in it lead, what PHONEME_MOUNTS names, the cache of pretrained models.
find_mounts() {
  local folder named hub=${HF_HOME:-${XDG_CACHE_HOME:-${HOME:-}/.cache}/huggingface}
  mounts=("$root")
  for folder in "$root"/*; do
    [[ ! -L $folder || ! -d $folder ]] || mounts+=("$(realpath -- "$folder")")
  done
  IFS=: read -ra named <<<"${PHONEME_MOUNTS:-}"
  for folder in "${named[@]}"; do
    [[ -d $folder ]] || fail "PHONEME_MOUNTS names $folder, which is no folder (several are separated by colons)."
    mounts+=("$(realpath -s -- "$folder")" "$(realpath -- "$folder")")
  done
  if [[ -n ${HOME:-}${HF_HOME:-} ]] && mkdir -p -- "$hub" 2>/dev/null; then
    HF_HOME=$(realpath -- "$hub") && export HF_HOME
    mounts+=("$HF_HOME")
  fi
  mapfile -t mounts < <(printf '%s\n' "${mounts[@]}" | sort -u)
}

is_mounted() {
  local mount
  for mount in "${mounts[@]}"; do
    [[ $1 != "$mount" && $1 != "$mount"/* ]] || return 0
  done
  return 1
}

# Prints what could be a path in the arguments and in the config: values, and the parts of lists and mappings.
mentioned() {
  { printf '%s\n' "$@" && [[ ${2:-} != *.y*ml || ! -f $folder/$2 ]] || cat -- "$folder/$2"; } |
    sed -E -e 's/(^|[[:blank:]])#.*//' -e 's/[][{},"'\''=]|: |- /\n/g' |
    sed -E -e 's/^[[:blank:]]+|[[:blank:]]+$//g' -e 's/^sqlite:\/\/\///' | sort -u
}

# A path that the container does not see would be "not found" inside, or be written where nobody finds it.
refuse_unmounted() {
  local value top number plain real paths=("$folder") outside=()
  while IFS= read -r value; do
    [[ $value != [~]/* ]] || value=${HOME:-}${value:1}
    top=${value#/}
    case $value in
      "" | /dev/* | //*) ;;
      /*) [[ -z $top || ! -e /${top%%/*} ]] || paths+=("$value") ;;
      *) [[ $value != ../* && ! -e $folder/$value ]] || paths+=("$folder/$value") ;;
    esac
  done < <(mentioned "$@")
  mapfile -t plain < <(realpath -ms -- "${paths[@]}")
  mapfile -t real < <(realpath -m -- "${paths[@]}")
  for number in "${!paths[@]}"; do
    { is_mounted "${plain[number]}" && is_mounted "${real[number]}"; } || outside+=("${plain[number]}")
  done
  ((${#outside[@]})) || return 0
  value=$(for value in "${outside[@]}"; do [[ -d $value ]] || value=${value%/*} && echo "$value"; done | sort -u | paste -sd :)
  fail "the container sees this repository, not ${outside[*]}. Name the folders outside that it is to see," \
    "as in PHONEME_MOUNTS='$value' ./run.sh ..., or do without the container: PHONEME_LOCAL=1 ./run.sh ..."
}

# What the image is made of.
build_fingerprint() {
  { cd -- "$root" && cat Dockerfile .dockerignore pyproject.toml constraints.txt &&
    echo "$base_image ${PHONEME_TORCH_INDEX-}"; } | sha256sum | head -c 64
}

# One question to the engine. Sets what the container is like, or fails where there is none (or no engine).
look_at_container() {
  local found template='{{.State.Running}}'
  for found in build target groups user mounts; do
    template+=$'\n''{{index .Config.Labels "phoneme.'$found'"}}'
  done
  found=$(docker container inspect --format "$template" "$container" 2>/dev/null) || return 1
  { read -r running && read -r build && read -r target && read -r groups && read -r user && read -r seen; } <<<"$found"
}

# Whether that container serves, running or not, for an image of the kind $1; otherwise says why not in $unfit.
is_fit() {
  local mount
  unfit=
  for mount in "${mounts[@]}"; do
    [[ $seen == *":$mount:"* ]] || unfit="it does not see $mount"
  done
  [[ $groups == "$(id -G)" ]] || unfit="it was made for another user"
  [[ $target == dev || $target == "$1" ]] || unfit="it lacks the tools of the tests"
  [[ $build == "$(build_fingerprint)" ]] || unfit="what its image is made of has changed"
  [[ -z $unfit ]]
}

# Where Docker would give a container the GPU: through NVIDIA's runtime, or a device it has discovered.
offers_gpu() { docker info 2>/dev/null | grep -Eq '^ *Runtimes:.* nvidia( |$)|nvidia\.com/gpu'; }

build_image() {
  local index options=() log variable
  [[ $(docker image inspect --format '{{index .Config.Labels "phoneme.build"}}' "$2" 2>/dev/null) != "$3" ]] || return 0
  index=https://download.pytorch.org/whl/cpu
  ! offers_gpu || index=
  for variable in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [[ -z ${!variable:-} ]] || options+=(--build-arg "$variable")
  done
  log=$(mktemp)
  say "building the image $2 (some minutes the first time; details: $log)"
  docker build --force-rm --target "$1" --tag "$2" --label "phoneme.build=$3" --label "phoneme.target=$1" \
    --build-arg "BASE_IMAGE=$base_image" --build-arg "TORCH_INDEX_URL=${PHONEME_TORCH_INDEX-$index}" \
    "${options[@]}" "$root" </dev/null 2>&1 | tee -- "$log" | show_progress ||
    { tail -n 20 -- "$log" >&2 && fail "the image cannot be built, see above (all of it: $log)." \
      "The next start tries again; PHONEME_LOCAL=1 does without the container."; }
  rm -f -- "$log"
}

create_container() {
  local mount group options=() user=
  for mount in "${mounts[@]}"; do
    options+=(--mount "type=bind,source=$mount,target=$mount")
  done
  # Run folders carry the local time in their names.
  [[ ! -e /etc/localtime ]] || options+=(--mount "type=bind,source=/etc/localtime,target=/etc/localtime,readonly")
  for group in $(id -G); do
    options+=(--group-add "$group")
  done
  # A rootless engine maps its root to the caller.
  [[ $(docker info --format '{{.SecurityOptions}}' 2>/dev/null) != *rootless* ]] || user=0:0
  ! offers_gpu || options+=(--gpus all)
  # The host's network: several machines, servers and proxies are reached as from outside. Loader workers hand
  # batches over in shared memory. SELinux would hide the repository, or have it relabelled.
  docker run --detach --name "$container" --network host --shm-size 8g --security-opt label=disable \
    --label "phoneme.groups=$(id -G)" --label "phoneme.user=$user" --label "phoneme.mounts=$(printf ':%s' "${mounts[@]}"):" \
    "${options[@]}" "$1" >/dev/null ||
    { docker rm --force "$container" >/dev/null 2>&1; fail "the container $container cannot be started, see above."; }
}

# Makes or starts the container, one start at a time: the others find it ready.
prepare_container() (
  flock -n 9 || { say "waiting for another start that prepares the container" && flock 9; }
  image=${container,,}
  [[ $1 == run ]] || image+=:dev
  if look_at_container; then
    if is_fit "$1"; then
      [[ $running != true ]] || return 0
      docker start "$container" >/dev/null 2>&1 && return
    fi
    [[ $(docker container inspect --format '{{len .ExecIDs}}' "$container") == 0 ]] ||
      fail "the container $container has to be made anew ($unfit), but another run is at work in it." \
        "Wait for that, or take a container of another name: PHONEME_CONTAINER=$container-2 ./run.sh ..."
  fi
  build_image "$1" "$image" "$(build_fingerprint)"
  docker rm --force "$container" >/dev/null 2>&1 || true
  create_container "$image"
  docker image prune --force --filter label=phoneme.build >/dev/null 2>&1 || true # what it was built from before
) 9<"$root"

# What of the caller's environment means the same inside.
choose_environment() {
  local variable caller
  caller=$(id -un 2>/dev/null) || caller=${user%%:*}
  environment=(--env "HOME=/home/${user%%:*}" --env "USER=$caller" --env "LOGNAME=$caller" --env PYTHONPATH)
  for variable in $(compgen -e); do
    case $variable in
      PHONEME_* | HF_* | MDC_API_KEY | WANDB_* | *_proxy | *_PROXY | TERM | NO_COLOR | TZ) ;;
      CUDA_* | OMP_* | MKL_* | TORCH* | PYTORCH_* | TOKENIZERS_* | PL_* | NCCL_* | GLOO_*) ;;
      MASTER_ADDR | MASTER_PORT | *RANK | *WORLD_SIZE | SLURM_*) ;;
      *) continue ;;
    esac
    environment+=(--env "$variable")
  done
}

# Runs inside, before the program takes its place: leaves its process id for signals.
# shellcheck disable=SC2016
ENTER='umask "$1"; mkdir -p "$HOME"; echo $$ >"$2"; shift 2; exec python "$@"'

# Hands a signal on; Ctrl-C to all processes of the run, as a terminal does.
pass_on() {
  local whom=
  passed=1
  [[ $1 != INT ]] || whom=-
  until docker exec --user "$user" "$container" sh -c "kill -s $1 -- $whom\$(cat $note)" 2>/dev/null; do
    kill -0 "$child" 2>/dev/null || return 0
    sleep 0.1
  done
}

has_terminal() {
  local group foreground
  read -r _ _ _ _ group _ _ foreground _ <"/proc/$$/stat"
  [[ -t 0 && $group == "$foreground" ]]
}

# The program inside, attached to this script's input and outputs. `docker exec` hands no signals on, so this
# script stays and does. Without a terminal of its own it must not hear Ctrl-C itself (setsid): it would leave
# before the program has put its work away. With one, Ctrl-C is a character like others, which it passes.
run_inside() {
  local options=(--interactive --user "$user" --workdir "$folder" "${environment[@]}") before=(setsid) code=0
  note=/tmp/run-$$-$RANDOM
  { true <&0; } 2>/dev/null || exec </dev/null # closed
  exec 3<&0
  if has_terminal && [[ -t 1 && -t 2 ]]; then
    options+=(--tty) before=()
  elif [[ -t 0 ]] && ! has_terminal; then
    exec 3</dev/null # in the background: the terminal's input is the shell's
  fi
  trap 'pass_on INT' INT
  trap 'pass_on TERM' TERM
  trap 'pass_on HUP' HUP
  "${before[@]}" docker exec "${options[@]}" "$container" sh -c "$ENTER" sh "$(umask)" "$note" "$@" <&3 3<&- &
  child=$!
  passed=1
  while [[ -n $passed ]]; do
    passed=
    wait "$child" && code=0 || code=$?
  done
  ((code != 141)) || pass_on TERM # nobody listens to the output any more
  exit "$code"
}

# Whether an engine answers and is wanted; otherwise the reason is in $why.
has_engine() {
  local error
  [[ ${PHONEME_LOCAL:-} != 1 ]] || { why="PHONEME_LOCAL=1" && return 1; }
  command -v docker >/dev/null || { why="there is no Docker" && return 1; }
  look_at_container || error=$(docker version --format '{{.Server.Version}}' 2>&1) ||
    { why="no Docker engine answers (${error##*$'\n'})" && return 1; }
}

# Runs a Python command in the container and does not return.
run_in_container() {
  local kind=run mounts environment unfit child note passed
  if [[ $2 == pytest ]]; then
    kind=dev
    export PHONEME_SKIP_CONTAINER_TESTS=1 # there is no engine inside
  fi
  find_mounts
  refuse_unmounted "${@:3}"
  if [[ $running != true ]] || ! is_fit "$kind"; then
    prepare_container "$kind"
    look_at_container
  fi
  [[ -n $user ]] || user=$(id -u):$(id -g)
  choose_environment
  run_inside "$@"
}

# ---- The virtual environment

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
  # Russian is the default language: what its texts need is there from the start.
  if [[ $1 == run ]]; then target+="[russian]"; else target+="[$1]" && stamps+=("$venv/.installed-$1"); fi
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

# Becomes a Python command.
run_locally() {
  if [[ $2 == pytest ]]; then
    # Where no engine answers, the tests of the container have nothing to test; where it was not asked, they ask.
    [[ ${PHONEME_LOCAL:-} == 1 ]] || { export PHONEME_SKIP_CONTAINER_TESTS=1 && say "the container is not tested"; }
    prepare dev
  else
    prepare run
  fi
  cd -- "$folder"
  exec "$venv/bin/python" "$@"
}

# ---- What is common to both

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
  local folder=$PWD config command why running='' build target groups user seen
  case ${1:-} in
    "") usage >&2 && exit 2 ;;
    -h | --help | help) usage && exit 0 ;;
  esac
  if [[ $1 == selftest ]]; then
    folder=$root command=(-m pytest "${@:2}")
  else
    config=$(config_in_repository "${2:-}")
    if [[ -n $config ]]; then
      folder=$root
      set -- "$1" "$config" "${@:3}"
    fi
    command=(-m phoneme_recognition "$@")
  fi
  export PYTHONPATH=$root${PYTHONPATH:+:$PYTHONPATH}
  ! has_engine || run_in_container "${command[@]}"
  say "$why: running in the virtual environment $venv"
  run_locally "${command[@]}"
}

main "$@"
