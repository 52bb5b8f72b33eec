"""The command: runs the parts and prints their figures together."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import benchmarks.verifiers as package


def main() -> None:
    """Run the parts that are named, or all."""
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    modules = {name: importlib.import_module(f"{package.__name__}.{name}") for name in names
               if name != "__main__"}  # fmt: skip
    parts = {name: module for name, module in modules.items() if hasattr(module, "measure")}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verifiers")
    parser.add_argument("parts", nargs="*", metavar="NAME", help=f"of {', '.join(parts)}")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments = parser.parse_args()
    figures: dict[str, Any] = {}
    for name in arguments.parts or parts:
        figures |= parts[name].measure(arguments.data)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
