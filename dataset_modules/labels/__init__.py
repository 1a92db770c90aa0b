"""Labels as people have them: side-car files of several formats, and metadata tables."""
