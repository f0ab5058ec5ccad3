// Replaced by the first file of Transport.
