// Replaced by the first file of Inventories.
