"""Requests: what is asked, how it is validated, and the plan an engine gets of it."""
