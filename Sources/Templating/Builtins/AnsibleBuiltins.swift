/// What Ansible adds to Jinja2, gathered from the files by subject.
package enum AnsibleBuiltins {
  package static let filters: [Filter] =
    AnsibleEncoding.filters + AnsiblePasswords.filters + AnsibleMappings.filters
    + AnsibleSets.filters + AnsibleLists.filters + AnsibleCombinatorics.filters
    + AnsibleNumbers.filters + AnsiblePaths.filters + AnsibleRegex.filters
    + AnsibleJSON.filters + AnsibleText.filters + AnsibleTimes.filters
    + AnsibleURLs.filters + AnsibleChoices.filters + AnsibleRandom.filters
    + AnsibleResults.filters + AnsibleVersions.filters + AnsibleVault.filters
    + AnsibleYAML.filters
  package static let tests: [Test] =
    AnsibleResults.tests + AnsibleVersions.tests + AnsibleRegex.tests + AnsibleSets.tests
    + AnsiblePaths.tests + AnsibleNumbers.tests + AnsibleURLs.tests + AnsibleChoices.tests
  package static let globals: [Global] = []
  package static let lookups: [Lookup] = AnsibleLookups.all + AnsibleSequence.lookups
}
