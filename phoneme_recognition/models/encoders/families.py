"""The encoder families: ``network_name`` → what `transformers` calls it and how it is run here."""

from __future__ import annotations

