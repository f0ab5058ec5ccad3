import Diagnostics

/// The value of a setting and where it comes from.
package struct Setting<Value: Sendable>: Sendable {
  package var value: Value
  package var origin: SettingOrigin

  package init(_ value: Value, _ origin: SettingOrigin = .standard) {
    self.value = value
    self.origin = origin
  }

  /// Sets it from an option of the command line, above file and environment.
  package mutating func set(_ value: Value, option: String) {
    self.value = value
    origin = .option(option)
  }
}

extension Setting: Equatable where Value: Equatable {}

/// Where a setting was made, weakest first.
package enum SettingOrigin: Hashable, Sendable {
  case standard
  case file(SourceLocation)
  case environment(String)
  case option(String)
}

extension SettingOrigin: CustomStringConvertible {
  package var description: String {
    switch self {
    case .standard: "default"
    case .file(let location): location.description
    case .environment(let name): "environment variable \(name)"
    case .option(let name): "option \(name)"
    }
  }

  /// The place in the configuration file, if it was made there.
  package var location: SourceLocation? {
    if case .file(let location) = self { location } else { nil }
  }
}
