"""The speech encoders of `transformers`, one family a file, all behind one interface (`base.SpeechEncoder`)."""
