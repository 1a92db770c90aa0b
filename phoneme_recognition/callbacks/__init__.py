"""Lightning callbacks: one callback a file."""

from phoneme_recognition.callbacks.fade_masks import FadeMasks
from phoneme_recognition.callbacks.log_metrics import LogMetricsCallback
from phoneme_recognition.callbacks.model_checkpoint import CustomModelCheckpoint
from phoneme_recognition.callbacks.training_monitor import TrainingMonitor
from phoneme_recognition.callbacks.weight_averaging import MovingAverage

__all__ = ["CustomModelCheckpoint", "FadeMasks", "LogMetricsCallback", "MovingAverage", "TrainingMonitor"]
