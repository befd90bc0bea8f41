"""What is on the disk: the format of files and of a commit, and who may write it."""
