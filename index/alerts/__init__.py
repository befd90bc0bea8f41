"""Alerts: new articles that a saved search finds are mailed or posted to a target that the operator has named."""
