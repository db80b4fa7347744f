"""Run every measurement that needs no argument: `python -m bench`."""

from bench import candidates, classify

for measurement in (candidates, classify):
    measurement.main()
