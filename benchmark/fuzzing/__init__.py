"""Inputs that nobody meant to send, by the hundred thousand: none may hang, crash, or fail without a reason."""
