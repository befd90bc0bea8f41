"""The words of the archive, looked up in mapped files: spellings, stems, patterns, frequencies."""
