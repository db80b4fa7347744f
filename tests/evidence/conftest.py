"""The API's world, for bundles of Anna's."""

from tests.api.conftest import admin, anna, client, empty, key, world

__all__ = ["admin", "anna", "client", "empty", "key", "world"]
