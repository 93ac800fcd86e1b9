"""``python -m cnnmath``."""

from cnnmath.cli import main

if __name__ == "__main__":
    main()
