"""`make bench`: measures the product beside other systems, prints a table and writes docs/benchmarks.md.

Every figure is a ratio of things measured side by side in this run, alternating. `--quick` takes less
time, gives the same ratios with a wider spread, and writes nothing.
"""

import argparse
import signal
import sys

from tests.bench.testbed import Testbed


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="some three minutes; writes no page")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="some of the measurements")
    parser.add_argument("--seconds", type=int, help="of load, each round")
    parser.add_argument("--most-rows", type=int, help="of the largest ledger; 20 million take long")
    parser.add_argument("--write", action="store_true", help="the page, with some of it too")
    arguments = parser.parse_args()
    # A signal ends it by SystemExit, so that the testbed stops every process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Testbed() as testbed:
        testbed.adopt_django()
        # Imported here: it imports the product, whose settings come from the testbed's environment.
        from tests.bench.suite import run

        run(
            testbed,
            quick=arguments.quick,
            seconds=arguments.seconds,
            only=arguments.only,
            most_rows=arguments.most_rows,
            write=arguments.write,
        )


if __name__ == "__main__":
    main()
