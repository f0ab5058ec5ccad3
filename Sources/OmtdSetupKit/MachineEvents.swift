import Cloud
import Fleet
import Running

// Events of machines as the file of `--json` has them.

extension Event {
  /// nil for what only tells that something goes on.
  init?(_ event: FleetEvent, environment: String) {
    func machine(_ name: String, _ status: MachineEvent.Status) -> MachineEvent {
      MachineEvent(host: name, environment: environment, status: status)
    }
    switch event {
    case .goesOn: return nil
    case .notice(let text): self = .notice(text)
    case .began(let name, let work, let id):
      guard let status = MachineEvent.Status(beginning: work) else {
        self = .notice(event.text ?? name)
        return
      }
      var begun = machine(name, status)
      begun.id = id?.text
      self = .machine(begun)
    case .finished(let name, let work, let elapsed, let id):
      guard let status = MachineEvent.Status(end: work) else {
        self = .notice(event.text ?? name)
        return
      }
      var done = machine(name, status)
      done.id = id?.text
      done.elapsed = elapsed
      self = .machine(done)
    case .failed(let name, let problem):
      var failed = machine(name, .error)
      failed.problem = problem
      self = .machine(failed)
    }
  }
}

extension MachineEvent.Status {
  /// nil for what is done to networks and addresses.
  fileprivate init?(beginning work: FleetEvent.Work) {
    switch work {
    case .create, .wait: self = .creating
    case .start: self = .starting
    case .update: self = .updating
    case .resize: self = .resizing
    case .destroy: self = .deleting
    case .volume: self = .addingVolume
    case .network, .move: return nil
    }
  }

  fileprivate init?(end work: FleetEvent.Work) {
    switch work {
    case .create, .wait: self = .created
    case .start: self = .started
    case .update: self = .updated
    case .resize: self = .resized
    case .destroy: self = .deleted
    case .volume: self = .volumeAdded
    case .network, .move: return nil
    }
  }
}

extension MachineEvent {
  /// A machine that is to go, of a command that has no plan.
  init(removing server: Server, _ mark: MachineMark, why reason: String) {
    self.init(
      host: mark.name, environment: mark.environment, status: .planned, id: server.id.text)
    action = "remove"
    details = [reason]
  }

  /// A row of a plan.
  init(planned row: MachineRow, environment: String) {
    self.init(
      host: row.name, environment: environment, status: .planned, id: row.server?.id.text)
    switch row.action {
    case .create: action = "create"
    case .keep: action = "keep"
    case .change(let changes):
      action = "change"
      details = changes.map(\.word)
    case .replace(let reasons):
      action = "replace"
      details = reasons
    case .remove(let reason):
      action = "remove"
      details = [reason]
    case .orphan(let reason):
      action = "orphan"
      details = [reason]
    }
  }
}

extension MachineRow.Change {
  fileprivate var word: String {
    switch self {
    case .metadata: "metadata"
    case .resize: "resize"
    case .start: "start"
    case .volume: "volume"
    case .move: "network"
    }
  }
}
