import ArgumentParser
import Fleet

struct RecoverCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "Makes a damaged journal anew from what can be read and from the machines' marks.")
  @OptionGroup(title: "Inventory") var inventory: InventoryArguments

  func run() async throws {
    try CloudView.refuseLimit(inventory, "`recover` makes the journal of the whole environment")
    let fleet = try await CloudView.open(inventory)
    let folder = fleet.folder
    let lock = try EnvironmentLock(folder, wait: 0, now: Platform.now)
    defer { withExtendedLifetime(lock) {} }
    if let bytes = try StateFolder.read(folder.journalPath),
      let problem = JournalText.laterVersion(
        String(decoding: bytes, as: UTF8.self), path: folder.journalPath,
        environment: folder.environment)
    {
      throw problem
    }
    let cloud = try await fleet.snapshot()
    var text = JournalText.header(environment: folder.environment)
    var sum = JournalState()
    if let copy = try folder.setAside("journal"), let bytes = try StateFolder.read(copy) {
      fleet.say("the old journal is kept as \(copy)")
      let (records, _) = JournalText.readable(
        String(decoding: bytes, as: UTF8.self), path: copy, environment: folder.environment)
      if JournalState(records).refusal(for: cloud.userID, environment: folder.environment) != nil {
        fleet.say("it is of another cloud or account: nothing of it is taken over")
      } else {
        for record in records {
          text += JournalText.line(record.json)
          sum.take(record)
        }
      }
    }
    for (_, mark) in cloud.machines(of: folder.environment) {
      for object in mark.owned where !sum.owned.contains(object) {
        let record = object.record(intent: mark.intent)
        text += JournalText.line(record.json)
        sum.take(record)
      }
    }
    text += JournalText.line(JournalRecord.account(cloud.userID).json)
    try folder.write("journal", text)
    let count = cloud.machines(of: folder.environment).count
    fleet.say(
      "environment \(folder.environment): \(count) machines, \(sum.owned.count) addresses and networks of its own"
    )
  }
}
