// Replaced by the first file of Patterns.
