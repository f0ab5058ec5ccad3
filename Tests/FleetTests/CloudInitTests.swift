import Fleet
import TestKit
import Testing

/// What is made of the files that cloud-init leaves in `/run/cloud-init`.
struct CloudInitTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var id: String
    var files: [String: String]
    var outcome: CloudInit.Outcome

    var testDescription: String { id }
  }

  /// As cloud-init's manual shows it, indented by its `write_json`.
  private static func result(_ errors: String) -> String {
    "{\n \"v1\": {\n  \"datasource\": \"DataSourceConfigDrive\",\n  \"errors\": \(errors)\n }\n}\n"
  }

  static let rows: [Row] = [
    Row(id: "not there", files: [:], outcome: .absent),
    Row(id: "switched off", files: ["disabled": "", "status.json": "{}"], outcome: .absent),
    Row(id: "about to begin", files: ["enabled": ""], outcome: .running),
    Row(id: "at work", files: ["enabled": "", "status.json": "{}"], outcome: .running),
    Row(
      id: "without errors", files: ["enabled": "", "result.json": result("[]")], outcome: .ended),
    Row(
      id: "with errors",
      files: [
        "enabled": "",
        "result.json": result(
          #"["('scripts-user', RuntimeError('Runparts: 1 failures in 1 attempted scripts'))", "b"]"#
        ),
      ],
      outcome: .failed([
        "('scripts-user', RuntimeError('Runparts: 1 failures in 1 attempted scripts'))", "b",
      ])),
    Row(id: "cut off", files: ["result.json": "{\"v1\": {\"err"], outcome: .ended),
    Row(id: "of another form", files: ["result.json": "[1]"], outcome: .ended),
  ]

  @Test(arguments: rows)
  func `the first boot is judged by the files of cloud-init`(row: Row) async throws {
    let scratch = ScratchFolder()
    for (name, text) in row.files { scratch.write("ci/" + name, text) }
    let said = try await Command(
      words: ["sh", "-c", CloudInit.script(folder: scratch.path + "/ci")], folder: scratch.path,
      hasPlace: true
    ).run()
    #expect(said.status == 0 && said.stderr == "")
    #expect(CloudInit.outcome(said.stdout) == row.outcome)
  }
}
