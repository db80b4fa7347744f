"""The demo: a mailbox, a name server and mails on this machine, read by the real program."""
