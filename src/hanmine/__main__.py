"""`python -m hanmine` is `mine`."""

from hanmine.cli import main

if __name__ == "__main__":
    main()
