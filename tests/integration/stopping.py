"""A callback that ends a run early without changing what the run was told about its length."""

from __future__ import annotations

from lightning.pytorch import Callback, LightningModule, Trainer


class StopAfterTwoEpochs(Callback):
    """Ends the run at the end of its second epoch."""

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop there."""
        trainer.should_stop = trainer.current_epoch == 1
