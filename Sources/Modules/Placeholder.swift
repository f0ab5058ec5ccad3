// Replaced by the first file of Modules.
