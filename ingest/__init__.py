"""Program 1: a mailbox becomes entries in the ledger. Read-only towards the mailbox; never trusts what it reads."""
