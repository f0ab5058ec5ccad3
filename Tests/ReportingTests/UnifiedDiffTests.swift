import Reporting
import Testing

@Suite struct UnifiedDiffTests {
  @Test("Hunks are those of diff -u", arguments: DiffCases.rows.indices)
  func recorded(_ index: Int) {
    let row = DiffCases.rows[index]
    let hunks = UnifiedDiff.hunks(row.before, row.after).map { $0 + "\n" }.joined()
    #expect(hunks == row.hunks)
  }

  @Test("Equal texts have no hunks")
  func equal() {
    for text in ["", "a", "a\n", "\n\n"] { #expect(UnifiedDiff.hunks(text, text) == []) }
  }
}
