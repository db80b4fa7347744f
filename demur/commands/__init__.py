"""The commands, one file for each noun they work on."""
