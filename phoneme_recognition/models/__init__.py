"""Networks that turn waveforms into phoneme logits, their training step, optimizers and checkpoints."""

COMPACT = "CompactCTC"
# Here, so that a config can be checked before torch is imported.
NETWORK_NAMES = (
    "Wav2Vec2",
    "HuBERT",
    "WavLM",
    "Wav2Vec2-Conformer",
    "Wav2Vec2-BERT",
    "Data2VecAudio",
    "UniSpeechSat",
    "SEW",
    "Whisper",
    COMPACT,
)
