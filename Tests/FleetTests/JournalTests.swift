import Cloud
import Fleet
import Testing

struct JournalTests {
  static let records: [JournalRecord] = [
    .run(id: "r"), .create(intent: "i", name: "web-1"), .created(intent: "i", server: "7"),
    .reserve(intent: "a", address: "10.0.0.9", known: ["1", "2"]),
    .makeNetwork(intent: "n", name: "lan", known: []), .madeNetwork(intent: "n", id: "5"),
    .release(id: "4"), .delete(server: "7", name: "web-1"), .deleted(server: "7"),
  ]

  static let text =
    JournalText.header(environment: "e") + records.map { JournalText.line($0.json) }.joined()

  @Test func `records are read as they were written`() throws {
    #expect(
      try JournalText.parse(Self.text, path: "journal", environment: "e") == Self.records)
  }

  struct Damage: Sendable {
    var id: String
    var text: String
    var problem: String
    var line: Int
    var kept: Int
  }

  static let damages: [Damage] = [
    Damage(
      id: "torn", text: String(text.dropLast(4)),
      problem: "the journal of environment `e` ends in a torn line", line: 10, kept: 8),
    Damage(
      id: "a changed letter", text: text.replacing("web-1", with: "web-2", maxReplacements: 1),
      problem: "the journal of environment `e` is damaged", line: 3, kept: 8),
    Damage(
      id: "a later version",
      text: JournalText.line(["journal": 2, "environment": "e"]),
      problem: "the journal of environment `e` was written by a later version of omtd-setup",
      line: 1, kept: 0),
    Damage(
      id: "empty", text: "", problem: "the journal of environment `e` is empty", line: 1,
      kept: 0),
    Damage(
      id: "an unknown record",
      text: JournalText.header(environment: "e") + JournalText.line(["do": "dance"]),
      problem: "the journal of environment `e` has a record that this version does not know",
      line: 2, kept: 0),
  ]

  @Test(arguments: damages)
  func `what is damaged is refused, and its readable records are kept`(damage: Damage) {
    let (records, problem) = JournalText.readable(damage.text, path: "j", environment: "e")
    #expect(problem?.summary == damage.problem)
    #expect(problem?.location?.line == damage.line)
    #expect(records.count == damage.kept)
  }

  static func address(_ id: CloudID, _ address: String, port: CloudID? = nil) -> FloatingIP {
    FloatingIP(id: id, address: address, networkID: "1", portID: port)
  }

  @Test func `an address that was chosen before it was asked for is ours if we hold it`() {
    let state = JournalState([.reserve(intent: "a", address: "10.0.0.9", known: ["1"])])
    var cloud = CloudSnapshot(userID: "u", defaultProject: "p")
    cloud.floatingIPs = [Self.address("1", "10.0.0.1"), Self.address("2", "10.0.0.9")]
    #expect(state.settled(by: cloud).records == [.reserved(intent: "a", id: "2")])
    cloud.floatingIPs = [Self.address("1", "10.0.0.1"), Self.address("3", "10.0.0.7")]
    #expect(state.settled(by: cloud).records == [.notReserved(intent: "a")])
  }

  @Test func `an address that the cloud chose is only named`() {
    let state = JournalState([.reserve(intent: "a", address: nil, known: ["1"])])
    var cloud = CloudSnapshot(userID: "u", defaultProject: "p")
    cloud.floatingIPs = [Self.address("1", "10.0.0.1"), Self.address("2", "10.0.0.9")]
    let settled = state.settled(by: cloud)
    #expect(settled.records.isEmpty)
    #expect(settled.doubtful.map(\.id) == ["2"])
  }
}
