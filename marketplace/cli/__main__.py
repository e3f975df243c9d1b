"""`python -m marketplace.cli`: the command line without an installed script."""

from marketplace.cli.main import main

if __name__ == "__main__":
    main()
