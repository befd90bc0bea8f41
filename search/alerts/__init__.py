"""Saved searches without accounts: the signed link that holds a search, what is new for it, and which of many searches
find a new article.

Whoever has a link can follow its search by a feed. Only the operator makes alerts, which send mail or call an address
(`index.alerts`).
"""
