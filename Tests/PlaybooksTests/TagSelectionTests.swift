import Playbooks
import Testing

@Suite struct TagSelectionTests {
  struct Row: Sendable {
    var only: [String] = []
    var skip: [String] = []
    var tags: Set<String> = []
    var runs: Bool
  }

  static let rows: [Row] = [
    Row(runs: true), Row(tags: ["a"], runs: true), Row(tags: ["never"], runs: false),
    Row(tags: ["always"], runs: true), Row(only: ["a"], runs: false),
    Row(only: ["a"], tags: ["a", "b"], runs: true), Row(only: ["a,b"], tags: ["b"], runs: true),
    Row(only: ["x", "b"], tags: ["b"], runs: true), Row(only: ["a"], tags: ["always"], runs: true),
    Row(only: ["a"], tags: ["never", "a"], runs: true),
    Row(only: ["tagged"], tags: ["never", "a"], runs: false),
    Row(only: ["all"], tags: ["never", "a"], runs: false),
    Row(only: ["never"], tags: ["never", "a"], runs: true),
    Row(only: ["tagged"], tags: ["a"], runs: true), Row(only: ["tagged"], runs: false),
    Row(only: ["untagged"], runs: true), Row(only: ["untagged"], tags: ["a"], runs: false),
    Row(only: ["untagged"], tags: ["always"], runs: true),
    Row(only: ["a"], skip: ["a"], tags: ["a"], runs: false),
    Row(skip: ["always"], tags: ["always"], runs: false),
    Row(skip: ["all"], tags: ["always"], runs: true), Row(skip: ["all"], tags: ["a"], runs: false),
    Row(skip: ["tagged"], tags: ["a"], runs: false), Row(skip: ["tagged"], runs: true),
    Row(skip: ["untagged"], runs: false), Row(skip: ["b"], tags: ["a"], runs: true),
  ]

  @Test(arguments: rows.indices)
  func followsAnsible(index: Int) {
    let row = Self.rows[index]
    #expect(TagSelection(only: row.only, skip: row.skip).includes(row.tags) == row.runs)
  }
}
