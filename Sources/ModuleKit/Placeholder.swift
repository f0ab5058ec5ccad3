// Replaced by the first file of ModuleKit.
