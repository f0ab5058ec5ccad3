// Replaced by the first file of Playbooks.
