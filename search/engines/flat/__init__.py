"""The engine on disk: arrays in mapped files, evaluated whole, that Whoosh can read too."""
