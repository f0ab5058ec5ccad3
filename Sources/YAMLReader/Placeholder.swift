// Replaced by the first file of YAMLReader.
