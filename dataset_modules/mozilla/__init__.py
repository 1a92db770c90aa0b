"""Common Voice as it is handed out: a release of Mozilla, or a dataset in Hugging Face's format."""
