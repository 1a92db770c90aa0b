"""Decoding many recordings in several processes: in order, in bounded memory, and no file can stop it."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
from numpy.typing import NDArray

from phoneme_recognition.audio.file import AudioFile
from phoneme_recognition.audio.reading import read_audio
from phoneme_recognition.errors import AudioError, DataError
from phoneme_recognition.processes import serve_parent

Clip = NDArray[np.int16] | str
"""(num_samples,) int16, or the reason why the recording cannot be used."""

_CHUNK = 16  # files a task: a process is not worth starting for fewer


def decode_clip(audio: AudioFile, sampling_rate: int) -> Clip:
    """Read one recording as 16-bit PCM; what is beyond full scale is clipped.

    Args:
        audio: where it lies.
        sampling_rate: the wanted rate in Hz.
    """
    try:
        samples = read_audio(audio, sampling_rate)
    except AudioError as error:
        return error.thing
    except Exception as error:  # whatever a strange file makes a library raise: the others go on
        return f"damaged: {type(error).__name__}: {error}"
    pcm = np.clip(np.rint(samples * np.float32(32768)), -32768, 32767).astype(np.int16)
    return pcm if pcm.any() else "silent: nothing reaches one step of 16 bits"


def decode_clips(files: Sequence[AudioFile], sampling_rate: int, num_proc: int) -> Iterator[Clip]:
    """Read recordings as 16-bit PCM.

    Args:
        files: where they lie.
        sampling_rate: the wanted rate in Hz.
        num_proc: processes; they are started afresh (not forked), so threads of this one do no harm.

    Yields:
        One clip for each file, in order.

    Raises:
        DataError: no process can be started.
    """
    chunks = [files[start : start + _CHUNK] for start in range(0, len(files), _CHUNK)]
    if num_proc <= 1 or len(chunks) == 1:
        yield from (decode_clip(audio, sampling_rate) for audio in files)
        return
    done = 0
    while done < len(chunks):
        try:
            for clips in _in_processes(chunks[done:], sampling_rate, min(num_proc, len(chunks))):
                yield from clips
                done += 1
        except BrokenProcessPool:
            # A file of the chunks under way killed its process: go through the first chunk one by one.
            yield from _decode_apart(chunks[done], sampling_rate)
            done += 1


def refuse_unguarded_import() -> None:
    """Stop a new process that runs a script's work again while it imports the script.

    Without this it would wait for the lock on the table that its parent, waiting for it, is making.

    Raises:
        DataError: the process is still importing its main module.
    """
    # The mark that multiprocessing's own check of this looks at.
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise _unguarded()


def _unguarded() -> DataError:
    return DataError(
        "the processes that decode audio cannot be started",
        remedy="Start your script's work under `if __name__ == '__main__':`, or set data.num_proc=1",
    )


def _in_processes(
    chunks: Sequence[Sequence[AudioFile]], sampling_rate: int, workers: int
) -> Iterator[list[Clip]]:
    pool = _pool(workers)
    try:
        pending: deque[Future[list[Clip]]] = deque()
        for chunk in chunks:
            pending.append(pool.submit(_decode_chunk, chunk, sampling_rate))
            if len(pending) > 2 * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _decode_apart(files: Sequence[AudioFile], sampling_rate: int) -> Iterator[Clip]:
    """One file at a time in a process of its own, so that it is clear which one kills it."""
    pool = _pool(1)
    try:
        for audio in files:
            clip = _result_or_none(pool, audio, sampling_rate)
            if clip is None:
                pool.shutdown()
                pool = _pool(1)
            yield "damaged: the process that decoded it crashed" if clip is None else clip
    finally:
        pool.shutdown()


def _result_or_none(pool: ProcessPoolExecutor, audio: AudioFile, sampling_rate: int) -> Clip | None:
    try:
        return pool.submit(decode_clip, audio, sampling_rate).result()
    except BrokenProcessPool:
        return None


def _pool(workers: int) -> ProcessPoolExecutor:
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_start_worker)
    try:
        pool.submit(os.getpid).result()
    except BrokenProcessPool:
        pool.shutdown()
        raise _unguarded() from None
    return pool


def _decode_chunk(files: Sequence[AudioFile], sampling_rate: int) -> list[Clip]:
    return [decode_clip(audio, sampling_rate) for audio in files]


def _start_worker() -> None:
    """Serve in silence: what the decoders' C code mutters names no file and would break the progress bar."""
    serve_parent()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
