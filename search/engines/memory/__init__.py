"""The engine that holds everything in memory: the executable specification of the contract."""
