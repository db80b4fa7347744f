"""Program 3: the ledger, served to people over HTTP."""
