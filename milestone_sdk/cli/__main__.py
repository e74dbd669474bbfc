"""`python -m milestone_sdk.cli` is `milestone-sdk`."""

from . import main

if __name__ == "__main__":
    main()
