/// What Ansible adds to Jinja2, gathered from the files by subject.
package enum AnsibleBuiltins {
  package static let filters: [Filter] = []
  package static let tests: [Test] = []
  package static let globals: [Global] = []
  package static let lookups: [Lookup] = []
}
