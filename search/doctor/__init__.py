"""What can be wrong with an archive besides its index: one small function for each thing that is looked at."""
