"""`python -m newsroom.stack`: what `manage.py up` runs. It has to be readable by an old Python."""

import sys

if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts this may have any
        sys.exit(f"Newsroom needs Python 3.11 or newer; this is {sys.version.split()[0]}.")

    from newsroom.stack.supervisor import main

    sys.exit(main(sys.argv[1:]))
