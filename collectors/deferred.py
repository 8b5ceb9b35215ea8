"""Packages and modules that are loaded when somebody asks for a name of them, or never.

Of prometheus-client an agent needs the counters, but `import prometheus_client` loads three servers
and what they stand on as well. Of uvicorn it needs one protocol, and gets a command line. asyncio
imports TLS, which most nodes have no use for.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Collection, Mapping
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec
from types import ModuleType
from typing import Any, Final

PATIENCE: Final = 30.0
"""Seconds that a thread waits for another one that loads the same."""


def defer_init(
    name: str,
    *,
    parts: Collection[str] | None = None,
    later: Collection[str] = (),
    **defined_in: str,
) -> None:
    """Put a package in its place; its `__init__` runs when somebody asks for a name of it.

    So its modules can be imported without it, and `from prometheus_client import Counter` works as
    ever (PEP 562). Where its modules need the package in turn, `parts` names those that do not:
    the import of another one runs `__init__` first, as ever. `defined_in` says of names in which
    module they are defined: for these it does not run. For `later` see `defer_module`. Until it has
    run, a name that a module of the package has stands for that module, which is loaded when it is
    asked for. A package that is loaded already stays as it is. One that is not installed is missed
    by whoever imports it.
    """
    deferred = _defer(name, defined_in, {}, later)
    if deferred is not None and parts is not None:
        sys.meta_path.insert(0, _WholeFirst(name, parts, deferred))


def defer_module(
    name: str, *, needs: str = "", later: Collection[str] = (), **known: object
) -> None:
    """Put a module in its place; it is loaded when somebody asks for a name of it.

    `known` are names with values that are told without it, such as constants that another module
    has as defaults. `later` are classes and functions that others import by name, and may never
    use: it is loaded when one is called. A module that is loaded already, and one that is not
    there, are left alone; so is one that `needs` an extension which this Python was built without.
    """
    if not needs or needs in sys.builtin_module_names or _find(needs) is not None:
        _defer(name, {}, known, later)


class _Deferred:
    """What a module says of the names that it has not yet."""

    def __init__(
        self,
        module: ModuleType,
        spec: ModuleSpec,
        defined_in: Mapping[str, str],
        known: Mapping[str, object],
        later: Collection[str],
    ) -> None:
        self._module: Final = module
        self._spec: Final = spec
        self._defined_in: Final = defined_in
        self._known: Final = {**known, **{name: _Later(name, self) for name in later}}
        self._lock: Final = threading.RLock()
        self.begun = False

    def get(self, wanted: str) -> object:
        """Return what a name stands for; it is loaded for that where nothing else helps."""
        if wanted == "__path__":  # an import of a name asks whether a module is a package
            raise AttributeError(wanted)
        if not self.begun:
            if wanted in self._known:
                return self._known[wanted]
            if self._is_module(wanted):
                return self._imported(wanted)
        if wanted in self._defined_in:
            return getattr(import_module(self._defined_in[wanted]), wanted)
        self.load()
        if wanted in vars(self._module):
            return vars(self._module)[wanted]
        if self._is_module(wanted):  # that another package's `__init__` would have loaded
            return self._imported(wanted)
        raise AttributeError(f"module {self._spec.name!r} has no attribute {wanted!r}")

    def _is_module(self, wanted: str) -> bool:
        """Tell whether it is a package with such a module."""
        path = self._spec.submodule_search_locations
        if path is None or wanted.startswith("__"):
            return False
        return PathFinder.find_spec(f"{self._spec.name}.{wanted}", path) is not None

    def _imported(self, wanted: str) -> ModuleType:
        module = f"{self._spec.name}.{wanted}"
        try:
            return import_module(module)
        except ImportError as error:  # an import of it asks here first, and then tells why
            raise AttributeError(f"{module} cannot be loaded: {error}") from error

    def real(self, name: str) -> Any:
        """Return what a name stands for in the module itself."""
        self.load()
        return getattr(self._module, name)

    def load(self) -> None:
        """Load it, once; another thread waits until everything is there.

        Raises ImportError where that thread's own import is what the first one waits for.
        """
        assert self._spec.loader is not None
        if not self._lock.acquire(timeout=PATIENCE):
            raise ImportError(f"{self._spec.name} is being loaded by another thread")
        try:
            if not self.begun:
                self.begun = True
                try:
                    self._spec.loader.exec_module(self._module)
                except BaseException:
                    self.begun = False
                    raise
        finally:
            self._lock.release()


class _Later:
    """Stands for a class or a function of a module that is not loaded yet, and does as it would."""

    def __init__(self, name: str, deferred: _Deferred) -> None:
        self._name: Final = name
        self._deferred: Final = deferred

    def __call__(self, *given: object, **named: object) -> object:
        return self._deferred.real(self._name)(*given, **named)

    def __getattr__(self, name: str) -> object:
        return getattr(self._deferred.real(self._name), name)

    def __instancecheck__(self, one: object) -> bool:
        """Before a class is there, nothing is of it."""
        return self._deferred.begun and isinstance(one, self._deferred.real(self._name))

    def __subclasscheck__(self, one: type) -> bool:
        return self._deferred.begun and issubclass(one, self._deferred.real(self._name))

    def __or__(self, other: object) -> object:
        return self._deferred.real(self._name) | other

    def __ror__(self, other: object) -> object:
        return other | self._deferred.real(self._name)

    def __mro_entries__(self, _bases: object) -> tuple[type]:
        return (self._deferred.real(self._name),)


class _WholeFirst:
    """Runs a package's `__init__` before a module of it that needs it is imported."""

    def __init__(self, name: str, parts: Collection[str], deferred: _Deferred) -> None:
        self._prefix: Final = f"{name}."
        self._parts: Final = frozenset(self._prefix + part for part in parts)
        self._deferred: Final = deferred

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        """Leave the search to others, where `__init__` has not imported the module itself."""
        del path, target
        if not fullname.startswith(self._prefix) or fullname in self._parts or self._deferred.begun:
            return None
        self._deferred.load()
        made = sys.modules.get(fullname)
        if made is None:
            return None
        loader: Any = _Made(made)  # what `importlib.abc` has for it would load an archiver
        spec = ModuleSpec(fullname, loader)
        made.__spec__ = spec  # an import takes this, where the module is there by now
        return spec


class _Made:
    """Gives an import the module that is there."""

    def __init__(self, module: ModuleType) -> None:
        self._module: Final = module
        self._spec: Final = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return it."""
        del spec
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Let it stay as it was."""
        module.__spec__ = self._spec


def _defer(
    name: str,
    defined_in: Mapping[str, str],
    known: Mapping[str, object],
    later: Collection[str],
) -> _Deferred | None:
    spec = None if name in sys.modules else _find(name)
    if spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    deferred = _Deferred(module, spec, defined_in, known, later)
    vars(module)["__getattr__"] = deferred.get
    sys.modules[name] = module
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(import_module(parent), last, module)
    return deferred


def _find(name: str) -> ModuleSpec | None:
    """Find a module as any import does, but import no package that it is in."""
    spec, path = None, None
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        spec = PathFinder.find_spec(".".join(parts[:end]), path)
        if spec is None:
            return None
        path = spec.submodule_search_locations
    return spec
