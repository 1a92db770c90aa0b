"""The speech encoders of `transformers`, all behind one interface (`base.SpeechEncoder`)."""
