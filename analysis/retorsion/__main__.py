"""``python -m retorsion``."""

from retorsion.cli import main

if __name__ == "__main__":
    main()
