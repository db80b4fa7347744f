"""Measurements and the tools that make what they measure; never imported by the product."""
