import Diagnostics

/// What descriptions say that no cloud can give, though each alone could be true.
enum RowChecks {
  /// - Parameter now: seconds since 1970.
  static func problems(of rows: [MachineRow], at now: Int) -> Diagnostics {
    var problems = Diagnostics()
    for clash in clashes(rows) { problems.add(clash) }
    for row in rows { if let problem = pastExpiry(row, now) { problems.add(problem) } }
    return problems
  }

  /// An address is one card's.
  private static func clashes(_ rows: [MachineRow]) -> [Diagnostic] {
    var users: [ResolvedMachine.Card: String] = [:]
    var problems: [Diagnostic] = []
    for row in rows {
      guard let machine = row.machine else { continue }
      for card in machine.cards {
        guard let address = card.address else { continue }
        guard let other = users.updateValue(row.name, forKey: card) else { continue }
        problems.append(
          .error(
            other == row.name
              ? "two cards of `\(row.name)` have the address `\(address)`"
              : "machines `\(other)` and `\(row.name)` have one address, `\(address)`",
            at: machine.description.location, evidence: [.init("host", row.name)],
            hint: "an address is one machine's: describe it for that host alone"))
      }
    }
    return problems
  }

  /// The next clean-up would remove what was just made, or told to expire.
  private static func pastExpiry(_ row: MachineRow, _ now: Int) -> Diagnostic? {
    guard let machine = row.machine?.description, case .at(let moment)? = machine.expiry,
      moment <= now
    else { return nil }
    switch row.action {
    case .create, .replace: break
    case .keep, .change, .remove, .orphan: if row.mark?.expires == moment { return nil }
    }
    return .error(
      "`okeanos_expires` of machine `\(machine.name)` is in the past: \(Moment.text(moment))",
      at: machine.expiryLocation, evidence: [.init("host", machine.name)],
      hint: "write a later time, or one from the creation on, such as `8h`")
  }
}

extension ResolvedMachine.Card {
  /// Where a certain one is asked for.
  fileprivate var address: String? {
    switch self {
    case .floating: nil
    case .ownAddress(let own): own.address
    case .privateNetwork(_, let address), .newNetwork(_, let address): address
    }
  }
}
