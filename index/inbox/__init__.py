"""Writing into the index what programs have sent to the endpoint: see `search.ledger.inbox`."""
