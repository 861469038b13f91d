"""`python -m newsroom.stack`: the supervisor, as `make run` and `manage.py up` start it. An old Python must be able to read it."""

import sys

if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - the caller's Python may be any
        sys.exit(f"Newsroom needs Python 3.11 or newer; this is {sys.version.split()[0]}.")

    from newsroom.stack.supervisor import main

    sys.exit(main(sys.argv[1:]))
