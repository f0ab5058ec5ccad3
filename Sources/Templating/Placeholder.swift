// Replaced by the first file of Templating.
