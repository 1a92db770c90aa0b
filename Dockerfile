# What the program needs, without the program: run.sh mounts the repository where it lies, so that code and
# configs are edited outside and used inside at once. Made and started by run.sh or compose.yaml.
ARG BASE_IMAGE=python:3.11-slim

# hadolint ignore=DL3006
FROM ${BASE_IMAGE} AS run

ENV LANG=C.UTF-8 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore

WORKDIR /opt/phoneme_recognition

# PyTorch by itself: it is most of the image, and changes least. An index of builds for the device at hand can
# be named, else PyPI's build is taken, which brings CUDA along.
ARG TORCH_INDEX_URL=
COPY constraints.txt ./
RUN python -m pip install --constraint constraints.txt ${TORCH_INDEX_URL:+--extra-index-url "$TORCH_INDEX_URL"} torch

# The package is installed hollow, for what it depends on, and taken out again: no change of the code
# reaches these layers. What is optional elsewhere is here from the start, for an image cannot be added to.
COPY pyproject.toml ./
RUN mkdir phoneme_recognition \
    && touch README.md LICENSE \
    && echo '__version__ = "0"' >phoneme_recognition/version.py \
    && python -m pip install --constraint constraints.txt '.[russian,hub,collective]' \
    && python -m pip uninstall --yes phoneme-recognition

# Runs belong to whoever calls, so any user id has to do. run.sh makes each a home of its own below /home.
RUN useradd --create-home --uid 1000 phoneme \
    && chmod 1777 /home /home/phoneme
ENV HOME=/home/phoneme
USER 1000

# Keeps the container there for runs to come, buries their orphans, and leaves at once when told to.
CMD ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 86400 & wait $!; done"]


# The same with the tools of the tests, made when `./run.sh selftest` first asks for it.
FROM run AS dev
USER 0
RUN python -m pip install --constraint constraints.txt '.[dev]' \
    && python -m pip uninstall --yes phoneme-recognition
USER 1000
