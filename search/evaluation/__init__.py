"""How good the answers are, measured on sets of documents and queries that people judged.

| what | where |
|---|---|
| reading a set | `judged_sets` |
| the formulas: nDCG, average precision, recall | `measures` |
| what is ranked: by an engine of ours, or by bm25s for comparison | `rankings`, `peers` |
| whether a difference could be chance | `significance` |
| all of it for the ranking of searches | `ranking_scores` |
"""
