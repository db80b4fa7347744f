"""Real servers for the tests: started by the tests, on loopback, on free ports, in folders of their own."""
