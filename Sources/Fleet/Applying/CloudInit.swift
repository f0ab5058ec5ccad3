import Values

/// What cloud-init says of the first boot of a machine, where its image has cloud-init.
package enum CloudInit {
  package enum Outcome: Hashable, Sendable {
    /// It is not there, or switched off.
    case absent
    case running
    case ended
    /// Ended with errors, in its own words.
    case failed([String])
  }

  /// Asks for it; quick, whatever is there.
  ///
  /// The generator of systemd writes `enabled` or `disabled`, the first stage `status.json`, and the
  /// last one `result.json`.
  package static func script(folder: String = "/run/cloud-init") -> String {
    """
    if [ -e \(folder)/disabled ]; then :
    elif [ -e \(folder)/result.json ]; then echo ended; cat \(folder)/result.json 2>/dev/null
    elif [ -e \(folder)/enabled ] || [ -e \(folder)/status.json ]; then echo running
    fi
    """
  }

  /// - Parameter output: of the script.
  package static func outcome(_ output: String) -> Outcome {
    let parts = output.split(separator: "\n", maxSplits: 1)
    switch parts.first {
    case "running": return .running
    case "ended":
      let result = parts.count > 1 ? try? JSON.parse(String(parts[1])) : nil
      let errors = (result?["v1"]?["errors"]?.elements ?? []).map { $0.string ?? JSON.text($0) }
      return errors.isEmpty ? .ended : .failed(errors)
    default: return .absent
    }
  }
}
