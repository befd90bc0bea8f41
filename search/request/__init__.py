"""Search requests: what can be asked, how it is read and written as an address, and the plan an engine gets of it."""
