// Replaced by the first file of Running.
