"""`python -m autograder`: the same command, of the Python that one names."""

from autograder.cli import main

if __name__ == "__main__":
    main()
