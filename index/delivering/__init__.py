"""Delivering messages: signed posts, what a failure means, and tries that are written down one by one."""
