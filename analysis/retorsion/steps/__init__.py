"""One file for each stage of ``dvc.yaml`` and each command: load, compute, save."""
