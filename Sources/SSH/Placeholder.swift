// Replaced by the first file of SSH.
