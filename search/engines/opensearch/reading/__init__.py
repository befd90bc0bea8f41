"""Articles, words, values and vectors of one commit, looked up."""
