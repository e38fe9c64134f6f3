"""`python -m crossthink_hub` is `crossthink`."""

from crossthink_hub.cli import main

if __name__ == "__main__":
    main()
