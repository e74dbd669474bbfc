"""`python -m milestone_sdk` is `milestone-sdk`."""

from .cli import main

if __name__ == "__main__":
    main()
