"""`python -m tests.fuzz.searching PROTOCOL NAME ...`: a search by atheris, with libFuzzer's options."""

import sys
from importlib import import_module
from typing import Any


def main() -> None:
    """Search until libFuzzer ends the process, which it does without returning."""
    atheris: Any = import_module("atheris")
    protocol = sys.argv[1]
    # By the name under which it was started it is started again.
    del sys.argv[:2]
    # Only what is read for the first time within it reports where it goes.
    with atheris.instrument_imports(include=["gateway.codecs"]):
        import_module(f"gateway.codecs.{protocol}")
        keep_promises = import_module("tests.fuzz.promises").keep_promises
    atheris.Setup(sys.argv, lambda data: keep_promises(protocol, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
