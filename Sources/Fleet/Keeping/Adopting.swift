import Diagnostics

extension Journal {
  /// Writes down what only the marks of machines tell of networks and addresses: the machines are
  /// about to go, and their marks with them.
  package func adopt(
    _ marks: [MachineMark], _ cloud: CloudSnapshot
  ) throws(Diagnostic) {
    for mark in marks {
      let unknown = cloud.existing(mark.owned).subtracting(sum.owned)
      for object in unknown.sorted(by: { $0.text < $1.text }) {
        try append(object.record(intent: mark.intent))
      }
    }
  }
}

extension OwnedObject {
  /// The record by which a journal knows it.
  package func record(intent: String) -> JournalRecord {
    switch self {
    case .address(let id): .reserved(intent: intent, id: id)
    case .network(let id): .madeNetwork(intent: intent, id: id)
    }
  }
}
