"""Scores: each a pure function first, then a torchmetrics twin that adds up over batches and processes."""
