"""Webhooks: programs are told which articles are new, have changed or are gone."""
