"""The shared rules and the record. Everything here but the store is pure."""
