import Cloud
import Diagnostics

/// The machine that a name means.
package struct MachineChoice: Sendable {
  package var server: Server
  package var mark: MachineMark
  /// What there is beside it, where a user should know.
  package var notice: String?
}

extension CloudSnapshot {
  /// The machine of this name: the one that `apply` configures.
  ///
  /// Of several that came of one creation, whose reply was lost and which was asked for again, it is
  /// the oldest; `apply` removes the others.
  ///
  /// - Throws: where there is none, or where nothing tells which of several is meant.
  package func machine(
    named name: String, of environment: String
  ) throws(Diagnostic) -> MachineChoice {
    let named = machines(of: environment).filter { $0.mark.name == name }
    let standing = named.filter { !$0.server.isVanishing }
    guard let first = standing.first else {
      throw .error(
        named.isEmpty
          ? "environment `\(environment)` has no machine `\(name)`"
          : "machine `\(name)` is being deleted")
    }
    let others = standing.dropFirst()
    guard !others.isEmpty else { return MachineChoice(server: first.server, mark: first.mark) }
    guard !first.mark.intent.isEmpty, others.allSatisfy({ $0.mark.intent == first.mark.intent })
    else {
      throw .error(
        "environment `\(environment)` has \(standing.count) machines `\(name)`",
        evidence: standing.map {
          let address = MachineAddress($0.server)?.host ?? "no address"
          return .init("server", "\($0.server.id), \($0.server.status), \(address)")
        },
        hint:
          "delete the one that is not needed: `omtd-setup plan` shows which `apply --prune` would")
    }
    let ids = others.map(\.server.id.text).joined(separator: ", ")
    return MachineChoice(
      server: first.server, mark: first.mark,
      notice:
        "`\(name)` is server \(first.server.id); server \(ids) came of a lost request, and the "
        + "next apply removes it")
  }
}
