import Cloud

// The client's types by names of their own, for files that import the sandbox too: it has a type
// `Cloud`, which hides the module.

typealias ClientServer = Server
typealias ClientResource = Resource
