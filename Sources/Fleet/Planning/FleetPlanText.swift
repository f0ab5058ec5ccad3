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
        "  - network \(network.name)  \(network.id): it came of a lost request, beside another\n"
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
    return text + summary(isDone: false) + "\n"
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
    if added + changed + removed == 0 { return "Machines: no changes." }
    return "Machines: \(added) to add, \(changed) to change, \(removed) to destroy."
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
    case .change(let changes): changes.map(\.words).joined(separator: "; ")
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
  fileprivate var words: String {
    switch self {
    case .metadata(let set, let removed):
      "metadata: "
        + (set.keys.sorted().map { key in key == "omtd-mark" ? "protection" : key }
        + removed.map { "-\($0)" })
        .joined(separator: ", ")
    case .resize(let from, let to):
      "resize: \(from?.name ?? "?") -> \(to.name) (it stops and starts)"
    case .start: "start: it is stopped"
    case .volume(let wish): "volume \(wish.name): \(wish.size) GiB"
    }
  }
}
