import Diagnostics
import Values

/// A place in a file where hosts of a group are written: a line of INI, a key of YAML.
package struct HostEntry: Sendable {
  enum Form: Sendable {
    case line
    /// With the place where the mapping around the key starts.
    case key(in: SourceLocation)
  }

  package var group: String
  /// As read, without quotes; perhaps a range, perhaps with a port.
  package var pattern: String
  package var place: SourceLocation
  package var hosts: [String]
  /// What stands beside the pattern or under it.
  var variables: Value
  var form: Form
}
