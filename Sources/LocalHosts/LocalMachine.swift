/// A machine as it is found: it, or what is left of it, holds files on this computer.
package struct LocalMachine: Equatable, Sendable {
  package var id: String
  package var state: State

  package enum State: String, Equatable, Sendable {
    case running
    /// It has a whole disk, and boots with it at `start`.
    case stopped
    /// Never finished, or half removed: only `destroy` is of use.
    case unfinished
  }

  package init(id: String, state: State) {
    self.id = id
    self.state = state
  }
}

/// The network that this computer shares with the machines; it answers to them at `gateway`, and hides
/// them behind its own address from everybody else.
package struct LocalPublicNetwork: Equatable, Sendable {
  /// The first three numbers of its /24: `198.18.4`
  package var prefix: String

  package var cidr: String { prefix + ".0/24" }
  package var gateway: String { prefix + ".1" }
  package var firstAddress: String { prefix + ".10" }
  package var lastAddress: String { prefix + ".250" }

  package init(prefix: String) { self.prefix = prefix }
}

/// Why this computer could not do something with its machines.
package struct LocalMachineProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// One line, lower case, no full stop.
  package var summary: String
  /// The end of the log that tells more: of the machine's boot, or of the tools.
  package var evidence: String

  package var description: String { evidence.isEmpty ? summary : "\(summary)\n\(evidence)" }

  package init(_ summary: String, evidence: String = "") {
    self.summary = summary
    self.evidence = evidence
  }
}
