"""The search for better parameters: what a study is, who works on it, and what it leaves behind."""
