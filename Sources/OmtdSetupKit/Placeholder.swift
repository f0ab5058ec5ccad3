// Replaced by the first file of OmtdSetupKit.
