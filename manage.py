#!/usr/bin/env python
"""Django's command line for this project, and `manage.py up`, which starts the supervisor."""

import os
import sys


def main() -> None:
    # It starts the servers that the settings name, so it must not read the settings itself.
    if sys.argv[1:2] == ["up"]:
        from newsroom.stack.supervisor import main as up

        sys.exit(up(sys.argv[2:]))

    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
