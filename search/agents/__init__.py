"""What programs that think get of the archive: four tools over the Model Context Protocol, as thin as a page over the
same answers."""
