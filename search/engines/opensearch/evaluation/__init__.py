"""The answer to a plan: what is asked of the cluster, in which order, and what its answers mean."""
