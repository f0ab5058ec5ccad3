import Cloud

extension FleetPlan {
  /// The plan as people read it; empty rows of unchanged machines are counted, not shown.
  package var text: String {
    var text = ""
    for network in newNetworks {
      let what = network.id == nil ? "network" : "subnet of network"
      text += "  + \(what) \(network.name)  \(network.cidr ?? NewNetwork.defaultCIDR)\n"
    }
    for network in twins {
      text +=
        "  - network \(network.name)  \(network.id): it is not used, and there is another of its name\n"
    }
    for row in rows {
      switch row.action {
      case .keep where row.notes.isEmpty: continue
      default: break
      }
      let symbol = String(repeating: " ", count: 3 - row.symbol.utf8.count) + row.symbol
      text += "\(symbol) \(row.name)  \(row.words)\n"
      for note in row.notes { text += "        \(note)\n" }
    }
    if !keyless.isEmpty {
      text += "No public key is sent along to \(Self.list(keyless)): there is none beside the "
      text += "private keys of this controller, and `okeanos_ssh_keys` names none\n"
    }
    let table = quotas.rows
    if !table.isEmpty {
      text += "Quota\n"
      for row in table {
        let limit = row.limit.map { " of " + Amount.text($0, row.resource) } ?? ""
        text +=
          "  \(row.projectName)  \(row.resource)  \(Amount.text(row.used, row.resource)) -> "
          + "\(Amount.text(row.after, row.resource))\(limit)\(row.fits ? "" : "  does not fit")\n"
      }
    }
    // A plan with errors is no word on what is as it should be.
    guard hasChanges || !problems.hasErrors || unplanned > 0 else { return text }
    return text + summary(isDone: false) + "\n"
  }

  /// Machines to be made into which no key of anybody lets.
  private var keyless: [String] {
    rows.compactMap { row in
      switch row.action {
      case .create, .replace: row.machine?.hasNoKey ?? false ? row.name : nil
      case .keep, .change, .remove, .orphan: nil
      }
    }
  }

  /// The first names, and how many more there are.
  private static func list(_ names: [String]) -> String {
    let more = names.count > 4 ? " and \(names.count - 3) more" : ""
    return names.prefix(more.isEmpty ? 4 : 3).joined(separator: ", ") + more
  }

  package func summary(isDone: Bool) -> String {
    var added = 0
    var changed = 0
    var removed = 0
    for row in rows {
      switch row.action {
      case .create: added += 1
      case .change: changed += 1
      case .replace:
        added += 1
        removed += 1
      case .remove: removed += 1
      case .keep, .orphan: break
      }
    }
    if isDone {
      return "Machines: \(added) added, \(changed) changed, \(removed) destroyed."
    }
    let failed = unplanned > 0 ? "\(unplanned) could not be planned" : nil
    if added + changed + removed == 0 { return "Machines: \(failed ?? "no changes")." }
    return "Machines: \(added) to add, \(changed) to change, \(removed) to destroy"
      + (failed.map { "; \($0)." } ?? ".")
  }
}

extension MachineRow {
  fileprivate var words: String {
    switch action {
    case .create: "create: \(size)"
    case .keep: "unchanged"
    case .replace(let reasons):
      "replace (" + reasons.joined(separator: "; ") + "): \(size); its disk is lost"
    case .remove(let reason): "destroy: \(reason)"
    case .orphan(let reason): reason
    case .change(let changes): changes.map { $0.words(of: mark) }.joined(separator: "; ")
    }
  }

  private var size: String {
    guard let machine else { return "" }
    let flavor = machine.flavor
    var text = "\(machine.image.name), \(flavor.name)"
    if machine.description.isProtected { text += ", protected" }
    if machine.description.expiry != nil { text += ", expires" }
    return text
  }
}

extension MachineRow.Change {
  /// - Parameter mark: as it is before the change.
  fileprivate func words(of mark: MachineMark?) -> String {
    switch self {
    case .metadata(let set, let removed):
      "metadata: " + Self.names(set, removed, mark).joined(separator: ", ")
    case .resize(let from, let to):
      "resize: \(from?.name ?? "?") -> \(to.name) (it stops and starts)"
    case .start: "start: it is stopped"
    case .volume(let wish): "volume \(wish.name): \(wish.size) GiB"
    case .move(let old, _):
      "moves from network \(old), which has no addresses and can get none (a new card: its system may "
        + "need a restart to use it)"
    }
  }

  /// The mark holds more than one thing: what of it changes is named.
  private static func names(
    _ set: [String: String], _ removed: [String], _ mark: MachineMark?
  ) -> [String] {
    var names = set.keys.filter { $0 != "omtd-mark" }.sorted() + removed.map { "-\($0)" }
    if let text = set["omtd-mark"] {
      let protects = text.split(separator: " ").contains("protect")
      if protects != mark?.isProtected {
        names.append("protection")
      } else if names.isEmpty {
        names.append("mark")
      }
    }
    return names
  }
}
