"""Files from their producers: download, resume, verify, refresh."""
