"""Keep memory that was used once: a step of training asks for the same large buffers again and again.

The C library of most Linux systems (glibc) gives a large buffer back to the kernel as soon as it is freed,
and gets zeroed pages for the next one, page by page. `keep_freed_memory` stops this. It is to be called
once, at the start of a program, and never by a library on its own: it is a setting of the whole process.
"""

from __future__ import annotations

import ctypes
import os
import sys

# From glibc's <malloc.h>; see mallopt(3).
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_VARIABLES = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES", "LD_PRELOAD")
_LARGEST_KEPT = 2**30


def keep_freed_memory() -> bool:
    """Let the process reuse freed buffers of up to 1 GiB instead of handing them back to the kernel.

    The process holds what it needed at its peak until it ends. A choice that the user has made in the
    environment (another allocator, glibc's own variables) is left alone.

    Returns:
        Whether anything was changed: false outside of glibc, or where the environment says otherwise.
    """
    if not sys.platform.startswith("linux") or any(os.environ.get(name) for name in _VARIABLES):
        return False
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018  (a name that only glibc has)
        changed = [
            library.mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT),
            library.mallopt(_TRIM_THRESHOLD, 2**31 - 1),
        ]
    except (OSError, AttributeError):
        return False
    return all(changed)
