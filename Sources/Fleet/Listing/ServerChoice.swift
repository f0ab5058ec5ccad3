import Cloud
import Diagnostics
import Values

/// Which servers of an account a file of `plugin: okeanos` means, and how they are named and
/// reached.
///
/// | key | value |
/// | --- | --- |
/// | `cloud`, `okeanos_cloud` | the account, as in `okeanos_cloud` of a machine |
/// | `environment` | only machines with the mark of this environment |
/// | `filters` | metadata: each KEY must have the VALUE, or one of a list of values |
/// | `states` | a list of states such as `ACTIVE`, or `all`; without it those that are `ACTIVE` |
/// | `hostname` | `name` or `id`: what hosts are called |
/// | `prefer_network` | the network, by name or id, in which `ansible_host` is looked for first |
package struct ServerChoice: Sendable {
  package enum Naming: String, CaseIterable, Sendable { case name, id }

  package var cloud: Named?
  package var environment: String?
  package var filters: [(key: String, values: [String])] = []
  /// In the cloud's words; nil for all.
  package var states: [String]? = ["ACTIVE"]
  /// Who wrote no `states` is told of what is left out.
  package var hasStates = false
  package var naming = Naming.name
  package var network: Named?

  package init() {}

  /// True where metadata says so; the state is not looked at.
  func means(_ server: Server) -> Bool {
    if let environment, MachineMark(server.metadata)?.environment != environment { return false }
    return filters.allSatisfy { filter in
      server.metadata[filter.key].map(filter.values.contains) ?? false
    }
  }

  private static let keys = [
    "plugin", "cloud", "okeanos_cloud", "environment", "filters", "states", "hostname",
    "prefer_network",
  ]

  /// - Throws: the first key that is unknown or has a value of another type, at its place.
  package init(_ file: SourceValue) throws(Diagnostic) {
    var clouds: [SourceEntry] = []
    for entry in file.entries ?? [] {
      let key = entry.key.string ?? JSON.text(entry.key)
      switch key {
      case "plugin": continue
      case "cloud", "okeanos_cloud":
        clouds.append(entry)
        cloud = Named(try Self.text(entry.value, key), at: entry.value.location)
      case "environment": environment = try Self.text(entry.value, key)
      case "filters": filters = try Self.filters(entry.value)
      case "states":
        states = try Self.states(entry.value)
        hasStates = true
      case "hostname":
        guard let word = Naming(rawValue: try Self.text(entry.value, key)) else {
          throw .error("`hostname` is `name` or `id`", at: entry.value.location)
        }
        naming = word
      case "prefer_network":
        network = Named(try Self.text(entry.value, key), at: entry.value.location)
      default:
        let near = suggestion(for: key, among: Self.keys)
        throw .error(
          "inventory plugin `okeanos` has no key `\(key)`", at: entry.keyLocation,
          length: key.unicodeScalars.count, hint: near.map { "did you mean `\($0)`?" })
      }
    }
    if clouds.count > 1 {
      throw .error("`cloud` and `okeanos_cloud` are one key", at: clouds[1].keyLocation)
    }
  }

  private static func text(_ value: SourceValue, _ key: String) throws(Diagnostic) -> String {
    guard let text = try word(value) else {
      throw .error("`\(key)` is text", at: value.location, hint: "put it in quotes")
    }
    guard !text.isEmpty else { throw .error("`\(key)` is empty", at: value.location) }
    return text
  }

  /// nil where it is no text. A flag would not say which word was written.
  private static func word(_ value: SourceValue) throws(Diagnostic) -> String? {
    switch value.content {
    case .unsafe(.string(let text)): return text
    case .scalar(.int(let number)): return String(number)
    case .scalar(.string(let text)):
      guard !text.contains("{{"), !text.contains("{%") else {
        throw .error(
          "only `compose`, `groups` and `keyed_groups` hold expressions here", at: value.location)
      }
      return text
    default: return nil
    }
  }

  private static func filters(
    _ value: SourceValue
  ) throws(Diagnostic) -> [(key: String, values: [String])] {
    guard let entries = value.entries else {
      throw .error("`filters` is a mapping of metadata", at: value.location)
    }
    var filters: [(key: String, values: [String])] = []
    for entry in entries {
      guard let key = entry.key.string else {
        throw .error("a key of metadata is text", at: entry.keyLocation, hint: "put it in quotes")
      }
      var values: [String] = []
      for item in entry.value.items ?? [entry.value] {
        guard let text = try word(item) else {
          throw .error(
            "the value of `\(key)` in `filters` is text or a list of texts", at: item.location,
            hint: "put it in quotes")
        }
        values.append(text)
      }
      filters.append((key, values))
    }
    return filters
  }

  private static func states(_ value: SourceValue) throws(Diagnostic) -> [String]? {
    if value.text == "all" { return nil }
    let known = ServerStatus.words.map(\.key)
    var states: [String] = []
    for item in value.items ?? [value] {
      let word = item.text?.uppercased() ?? ""
      guard known.contains(word) else {
        let near = suggestion(for: word, among: known)
        throw .error(
          "`states` is `all` or a list of states of servers", at: item.location,
          hint: near.map { "did you mean `\($0)`?" } ?? "there are \(known.joined(separator: ", "))"
        )
      }
      states.append(word)
    }
    return states
  }
}
