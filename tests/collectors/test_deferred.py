"""Packages whose `__init__` runs when it is asked for."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from collectors import deferred
from collectors.deferred import defer_init, defer_module
from tests.support import HANGS

INIT = """
from . import part
from .thing import Thing
made = [*globals().get("made", ()), 1]
Other = part.Other
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package `parcel` of two modules, which can be imported."""
    folder = tmp_path / "parcel"
    folder.mkdir()
    (folder / "__init__.py").write_text(INIT)
    (folder / "part.py").write_text("class Other: pass\n")
    (folder / "thing.py").write_text("from . import part\nclass Thing(part.Other): pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "parcel"]:
        del sys.modules[name]


def parcel() -> ModuleType:
    return sys.modules["parcel"]


@pytest.mark.usefixtures("package")
def test_a_module_is_imported_without_its_package() -> None:
    """A module that imports another one beside it does not run the `__init__` either."""
    defer_init("parcel")
    thing = importlib.import_module("parcel.thing")
    assert issubclass(thing.Thing, sys.modules["parcel.part"].Other)
    assert "made" not in vars(parcel())


@pytest.mark.usefixtures("package")
def test_a_name_of_the_package_runs_it_once() -> None:
    """Whoever asks for a name gets what the package defines, and so does the next."""
    defer_init("parcel")
    assert parcel().Thing.__name__ == "Thing"
    assert parcel().Other is sys.modules["parcel.part"].Other
    assert parcel().made == [1]
    with pytest.raises(AttributeError, match="'parcel' has no attribute 'nothing'"):
        _ = parcel().nothing


@pytest.mark.usefixtures("package")
def test_a_name_whose_module_is_told_is_taken_from_there() -> None:
    """The package is not run for it."""
    defer_init("parcel", Thing="parcel.thing")
    assert parcel().Thing is sys.modules["parcel.thing"].Thing
    assert "made" not in vars(parcel())


@pytest.mark.usefixtures("package")
def test_a_module_is_there_as_an_attribute() -> None:
    """As after `import parcel` in any program: the package's `__init__` would have loaded it."""
    defer_init("parcel")
    assert parcel().part.Other.__name__ == "Other"
    assert "made" not in vars(parcel())


def test_a_module_that_needs_what_is_not_installed_tells_so(package: Path) -> None:
    """Whether the package has it can be asked; who imports it is told what is missing."""
    (package / "extra.py").write_text("import no_such_parcel\n")
    defer_init("parcel")
    assert not hasattr(parcel(), "extra")
    with pytest.raises(ModuleNotFoundError, match="no_such_parcel"):
        __import__("parcel", fromlist=["extra"])


@pytest.mark.usefixtures("package")
def test_a_package_that_is_there_stays() -> None:
    """It is not replaced: others hold what it has."""
    before = importlib.import_module("parcel")
    defer_init("parcel")
    assert parcel() is before


def test_a_package_that_is_not_installed_is_missed_as_ever() -> None:
    """Who imports it is told which one it is."""
    defer_init("no_such_parcel")
    with pytest.raises(ModuleNotFoundError, match="no_such_parcel"):
        importlib.import_module("no_such_parcel")


def test_a_package_that_fails_is_tried_again(package: Path) -> None:
    """As with any import: what was missing may be there by then."""
    (package / "__init__.py").write_text("import sys\nmade = sys.parcel_wanted\n")
    defer_init("parcel")
    with pytest.raises(AttributeError, match="parcel_wanted"):
        _ = parcel().made
    sys.parcel_wanted = 3  # type: ignore[attr-defined] # the test makes it
    try:
        assert parcel().made == 3
    finally:
        del sys.parcel_wanted  # type: ignore[attr-defined] # as above


def test_a_second_thread_waits_until_everything_is_there(package: Path) -> None:
    """It sees no half of the package."""
    (package / "__init__.py").write_text(
        "import sys\nsys.parcel_begun.set()\nsys.parcel_go.wait(99)\nlast = 7\n"
    )
    begun, go, found = threading.Event(), threading.Event(), list[int]()
    vars(sys).update(parcel_begun=begun, parcel_go=go)
    defer_init("parcel")
    asking = [threading.Thread(target=lambda: found.append(parcel().last)) for _ in range(2)]
    try:
        asking[0].start()
        assert begun.wait(HANGS)
        asking[1].start()
        asking[1].join(0.1)  # it could only end without what it asks for
    finally:
        go.set()
    for one in asking:
        one.join(HANGS)
    assert found == [7, 7]


def test_two_threads_that_wait_for_each_other_go_on(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One loads the package, which imports a module; another imports this, which needs the package.

    Whoever waits too long has an error that says so.
    """
    monkeypatch.setattr(deferred, "PATIENCE", 0.2)
    (package / "__init__.py").write_text(
        "import sys\nsys.parcel_begun.set()\nsys.parcel_go.wait(99)\nfrom . import late\nlast = 7\n"
    )
    (package / "late.py").write_text("import sys\nsys.parcel_go.set()\nfrom parcel import last\n")
    begun, go, found = threading.Event(), threading.Event(), list[object]()
    vars(sys).update(parcel_begun=begun, parcel_go=go)
    defer_init("parcel", parts=["part"])

    def late() -> None:
        try:
            importlib.import_module("parcel.late")
        except ImportError as error:
            found.append(error)

    def whole() -> None:
        try:
            found.append(parcel().last)
        except ImportError as error:
            found.append(error)

    threads = [threading.Thread(target=one, daemon=True) for one in (whole, late)]
    threads[0].start()
    assert begun.wait(HANGS)
    threads[1].start()
    for one in threads:
        one.join(HANGS)
        assert not one.is_alive()
    assert any("another thread" in str(one) for one in found)


def test_a_module_is_loaded_when_it_is_asked(package: Path) -> None:
    """A name that is known is told without; later it is what the module says."""
    (package / "extra.py").write_text("made = 1\nknown = 3\nother = 4\n")
    defer_module("parcel.extra", known=2)
    extra = importlib.import_module("parcel.extra")
    assert extra is parcel().extra
    assert extra.known == 2
    assert "made" not in vars(extra)
    assert extra.other == 4
    assert (extra.made, extra.known) == (1, 3)
    with pytest.raises(AttributeError, match=r"'parcel\.extra' has no attribute 'nothing'"):
        _ = extra.nothing


def test_a_module_whose_extension_is_not_there_is_left_alone(package: Path) -> None:
    """Who tries to import it learns that it cannot be, as ever."""
    (package / "extra.py").write_text("import no_such_extension\n")
    defer_module("parcel.extra", needs="no_such_extension")
    with pytest.raises(ModuleNotFoundError, match="no_such_extension"):
        importlib.import_module("parcel.extra")
    (package / "other.py").write_text("made = 1\n")
    defer_module("parcel.other", needs="sys")
    other = importlib.import_module("parcel.other")
    assert "made" not in vars(other)
    assert other.made == 1


def test_a_module_that_is_not_there_is_missed_as_ever() -> None:
    """Nor one in a package that is not installed."""
    for name in ("parcel.nothing", "no_such_parcel.thing"):
        defer_module(name)
        defer_init(name)
        with pytest.raises(ModuleNotFoundError, match=name.partition(".")[0]):
            importlib.import_module(name)


def test_a_class_and_a_function_may_stand_before_they_are_loaded(package: Path) -> None:
    """Who imported them by name calls, derives and asks as ever."""
    text = "class Kind:\n    made = 1\ndef twice(number): return 2 * number\n"
    (package / "extra.py").write_text(text)
    defer_module("parcel.extra", later=["Kind", "twice"])
    from parcel.extra import Kind, twice  # type: ignore[import-not-found] # made above

    extra = importlib.import_module("parcel.extra")
    assert not isinstance(3, Kind)
    assert not issubclass(int, Kind)
    assert "Kind" not in vars(extra)
    assert twice(4) == 8
    real = extra.Kind
    assert isinstance(real, type)
    assert real is not Kind
    assert isinstance(Kind(), real)
    assert isinstance(real(), Kind)
    assert issubclass(real, Kind)
    assert not isinstance(3, Kind)
    assert Kind.made == 1
    assert (Kind | None, None | Kind) == (real | None, None | real)

    class Derived(Kind):  # type: ignore[misc] # as above
        pass

    assert Derived.__mro__ == (Derived, real, object)


def test_a_class_that_others_derive_from_is_loaded_for_it(package: Path) -> None:
    """Deriving from it needs the class itself."""
    (package / "extra.py").write_text("class Kind: pass\n")
    defer_module("parcel.extra", later=["Kind"])
    from parcel.extra import Kind  # made above

    class Derived(Kind):  # type: ignore[misc] # as above
        pass

    assert Derived.__bases__ == (importlib.import_module("parcel.extra").Kind,)
