/// What Ansible adds to Jinja2, gathered from the files by subject.
package enum AnsibleBuiltins {
  package static let filters: [Filter] = groups.flatMap { $0 }
  package static let tests: [Test] =
    AnsibleResults.tests + AnsibleVersions.tests + AnsibleRegex.tests + AnsibleSets.tests
    + AnsiblePaths.tests + AnsibleNumbers.tests + AnsibleURLs.tests + AnsibleChoices.tests
  package static let globals: [Global] = []
  package static let lookups: [Lookup] =
    AnsibleLookups.all + AnsibleSequence.lookups + AnsibleTables.lookups

  private static let groups: [[Filter]] = [
    oldFilters, AnsibleEncoding.filters, AnsiblePasswords.filters, AnsibleMappings.filters,
    AnsibleSets.filters, AnsibleLists.filters, AnsibleCombinatorics.filters,
    AnsibleNumbers.filters, AnsiblePaths.filters, AnsibleRegex.filters, AnsibleJSON.filters,
    AnsibleText.filters, AnsibleTimes.filters, AnsibleURLs.filters, AnsibleChoices.filters,
    AnsibleRandom.filters, AnsibleVault.filters, AnsibleYAML.filters,
  ]

  /// Until version 2.9 Ansible had each of its tests as a filter too (`result | changed`), and old
  /// roles use them. `abs` was and is Jinja2's filter.
  private static let oldFilters: [Filter] =
    tests.filter { $0.name != "abs" }.map { Filter(asking: $0) }
}

extension Filter {
  /// The old form of a test: `value | name` for `value is name`.
  fileprivate init(asking test: Test) {
    let name = test.name
    let form = "`\(name)` is a test: as a filter it works in old content only"
    let hint = "write `is \(name)` instead of `| \(name)`"
    switch test.body {
    case .data(let body):
      self.init(name, test.signature) { call in
        call.evaluator.warn(form, at: call.location, hint: hint)
        return .bool(try body(call))
      }
    case .live(let body):
      self.init(name, test.signature, undefined: test.undefined) { call in
        call.evaluator.warn(form, at: call.location, hint: hint)
        return .bool(try body(call))
      }
    }
  }
}
