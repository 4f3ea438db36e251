"""Order the tests: those of minutes come first, so that none runs alone at the end."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests marked ``longest`` before the others, which keep their order."""
    items.sort(key=lambda item: item.get_closest_marker("longest") is None)
