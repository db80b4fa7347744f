"""The evidence bundle: everything that is known of one user's objections in one file that can be checked without Demur."""
