"""What the arguments of ``lightning.pytorch.Trainer`` mean, and the bounds that their types do not say.

Their names, types and defaults come from Lightning's own signature; one that is new there and is not listed
here works all the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from phoneme_recognition.config.classes import Argument, ClassFacts
from phoneme_recognition.config.rules import Rule

TRAINER = "lightning.pytorch.Trainer"

_SHARE = "an integer counts batches, a float is a share"

TRAINER_RULES = {
    "accelerator": Rule("hardware: cpu, gpu, ..., or auto"),
    "strategy": Rule("how several devices share the work: auto, ddp, fsdp, ..."),
    "devices": Rule("number of devices, a list of their indices, or auto"),
    "num_nodes": Rule("machines that train together", at_least=1),
    "precision": Rule("number format: 32, 16-mixed, bf16-mixed, ...; auto is 16-mixed on a GPU, 32 on a CPU"),
    "logger": Rule("true is TensorBoard, false none, or class_path entries"),
    "callbacks": Rule("class_path entries"),
    "fast_dev_run": Rule("true (or a number of batches) tries all steps and saves nothing", at_least=0),
    "max_epochs": Rule("epochs after which training ends; -1 is no limit", at_least=-1),
    "min_epochs": Rule("epochs that early stopping cannot shorten", at_least=0),
    "max_steps": Rule("optimizer steps after which training ends; -1 is no limit", at_least=-1),
    "min_steps": Rule("steps that early stopping cannot shorten", at_least=0),
    "max_time": Rule("time after which training ends, DD:HH:MM:SS"),
    "limit_train_batches": Rule(
        f"how much of the training data an epoch sees: {_SHARE}", at_least=0, share=True
    ),
    "limit_val_batches": Rule(f"how much of the validation data is used: {_SHARE}", at_least=0, share=True),
    "limit_test_batches": Rule(f"how much of the test data is used: {_SHARE}", at_least=0, share=True),
    "limit_predict_batches": Rule(f"how much is predicted: {_SHARE}", at_least=0, share=True),
    "overfit_batches": Rule(
        f"learn this little by heart, as a test of the network: {_SHARE}", at_least=0, share=True
    ),
    "val_check_interval": Rule(f"how often validation runs within an epoch: {_SHARE}", above=0, share=True),
    "check_val_every_n_epoch": Rule("validation runs every so many epochs", at_least=1),
    "num_sanity_val_steps": Rule("validation batches tried before training; -1 is all", at_least=-1),
    "log_every_n_steps": Rule("steps between two entries in the log", at_least=0),
    "enable_checkpointing": Rule("save checkpoints"),
    "enable_progress_bar": Rule("show a progress bar"),
    "enable_model_summary": Rule("print the network's layers at the start"),
    "accumulate_grad_batches": Rule("batches whose gradients are added up for one step", at_least=1),
    "gradient_clip_val": Rule("gradients are clipped at this; null does not clip", at_least=0),
    "gradient_clip_algorithm": Rule("what is clipped: norm or value", choices=("norm", "value")),
    "deterministic": Rule("true allows only operations that repeat exactly; warn only warns"),
    "benchmark": Rule("let cuDNN look for the fastest algorithm"),
    "inference_mode": Rule("validate and test without any record for gradients"),
    "use_distributed_sampler": Rule("share the data out among devices"),
    "profiler": Rule("measure where time goes: simple, advanced, pytorch, or a class_path entry"),
    "detect_anomaly": Rule("find the operation that gave nan; slow"),
    "barebones": Rule("switch off all that may slow training down, for measurements"),
    "plugins": Rule("class_path entries that change precision, cluster or checkpoint handling"),
    "sync_batchnorm": Rule("batch statistics over all devices"),
    "reload_dataloaders_every_n_epochs": Rule(
        "make the loaders anew every so many epochs; 0 is never", at_least=0
    ),
    "default_root_dir": Rule("where logs and checkpoints go unless said otherwise"),
    "enable_autolog_hparams": Rule("log the hyperparameters at the start"),
    "model_registry": Rule("name of a model in Lightning's registry"),
}


def with_additions(facts: ClassFacts) -> ClassFacts:
    """The Trainer's arguments with our additions: ``precision: auto``."""
    given = facts.arguments["precision"]
    precision = Argument(given.hint | Literal["auto"], given.default)
    return replace(facts, arguments=facts.arguments | {"precision": precision})
