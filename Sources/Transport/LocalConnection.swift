extension LoopConnection {
  /// The machine that we run on, as the user that we are.
  package static func local(_ endpoint: Endpoint = .local, prelude: String) -> LoopConnection {
    LoopConnection(endpoint: endpoint, prelude: prelude) { command in
      ChildStream([endpoint.shellExecutable, "-c", command])
    }
  }
}
