"""Packages of which only some modules are needed: their `__init__` runs when it is asked for.

Of prometheus-client an agent needs the counters, but `import prometheus_client` loads three servers
and what they stand on as well. Of uvicorn it needs one protocol, and gets a command line.
"""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from importlib.util import find_spec, module_from_spec


def defer_init(name: str, **defined_in: str) -> None:
    """Put a package in its place; its `__init__` runs when somebody asks for a name of it.

    So its modules can be imported without it, and `from prometheus_client import Counter` works as
    ever (PEP 562). `defined_in` says of names in which module they are defined: for these it does
    not run. Until it has run, a name that a module of the package has stands for that module, which
    is loaded when it is asked for. A package that is loaded already stays as it is. One that is not
    installed is missed by whoever imports it.
    """
    spec = None if name in sys.modules else find_spec(name)
    if spec is None or spec.loader is None:
        return
    package, loader = module_from_spec(spec), spec.loader
    lock = threading.RLock()
    begun = False

    def from_init(wanted: str) -> object:
        nonlocal begun
        module = f"{name}.{wanted}"
        if not begun and not wanted.startswith("__") and find_spec(module) is not None:
            try:
                return import_module(module)
            except ImportError as error:  # an import of it asks here first, and then tells why
                raise AttributeError(f"{module} cannot be loaded: {error}") from error
        if wanted in defined_in:
            return getattr(import_module(defined_in[wanted]), wanted)
        with lock:  # another thread waits until everything is there
            if not begun:
                begun = True
                try:
                    loader.exec_module(package)
                except BaseException:
                    begun = False
                    raise
            if wanted in vars(package):
                return vars(package)[wanted]
        raise AttributeError(f"module {name!r} has no attribute {wanted!r}")

    vars(package)["__getattr__"] = from_init
    sys.modules[name] = package
