import Diagnostics

extension CloudSettings {
  /// The cloud to call.
  ///
  /// `OMTD_CLOUD_URL` with `OMTD_CLOUD_TOKEN` comes first. Else it is a section `[cloud "NAME"]` of
  /// kamaki's file, `$KAMAKI_CONFIG` or `~/.kamakirc`: the one named, else `default_cloud` of
  /// `[global]`, else `$KAMAKI_DEFAULT_CLOUD`, else the only one (kamaki's order). A name whose
  /// section has another URL than the environment is an error: the two mean different clouds.
  /// `OMTD_CLOUD_DEADLINE` is the seconds of one request.
  ///
  /// - Parameter readFile: The text of a file, nil where there is none to read.
  package static func resolve(
    name: String? = nil, environment: [String: String], home: String,
    readFile: (String) -> String?
  ) throws(Diagnostic) -> CloudSettings {
    func variable(_ key: String) -> String? {
      let text = environment[key].map { trimmed($0[...]) }
      return text?.isEmpty == false ? text : nil
    }
    let chosenPath = variable("KAMAKI_CONFIG")
    let path = chosenPath ?? home + "/.kamakirc"
    let text = readFile(path)
    var settings: CloudSettings
    switch (variable("OMTD_CLOUD_URL"), variable("OMTD_CLOUD_TOKEN")) {
    case (let url?, let token?):
      settings = try fromEnvironment(url: url, token: token, name: name)
      if let name, let text {
        let file = try KamakiFile(text, path: path)
        if try settings.isDescribed(by: file, name: name) {
          settings.takeTrust(from: file, readFile: readFile)
        }
      }
    case (nil, nil):
      guard let text else {
        guard chosenPath == nil else { throw .error("cannot read `\(path)` (`KAMAKI_CONFIG`)") }
        throw .error(
          "no cloud is configured",
          hint: "set `OMTD_CLOUD_URL` and `OMTD_CLOUD_TOKEN`, or write `\(path)` as kamaki does")
      }
      let file = try KamakiFile(text, path: path)
      settings = try fromFile(file, name: name, preferred: variable("KAMAKI_DEFAULT_CLOUD"))
      settings.takeTrust(from: file, readFile: readFile)
    case (_?, nil): throw .error("`OMTD_CLOUD_URL` is set, but `OMTD_CLOUD_TOKEN` is not")
    case (nil, _?): throw .error("`OMTD_CLOUD_TOKEN` is set, but `OMTD_CLOUD_URL` is not")
    }
    settings.deadline = try deadline(variable("OMTD_CLOUD_DEADLINE")) ?? settings.deadline
    return settings
  }

  private static func deadline(_ text: String?) throws(Diagnostic) -> Duration? {
    guard let text else { return nil }
    guard let seconds = Int(text), (1...3600).contains(seconds) else {
      throw .error("`OMTD_CLOUD_DEADLINE` is 1 to 3600 seconds, not `\(text)`")
    }
    return .seconds(seconds)
  }

  private static func fromEnvironment(
    url: String, token: String, name: String?
  ) throws(Diagnostic) -> CloudSettings {
    let address = try address(url, called: "OMTD_CLOUD_URL", at: nil)
    return CloudSettings(
      name: name ?? address.host, authURL: url, tokens: try tokens(token, at: nil))
  }

  private static func fromFile(
    _ file: KamakiFile, name: String?, preferred: String?
  ) throws(Diagnostic) -> CloudSettings {
    let clouds = try file.clouds()
    let wanted = name ?? file.entry("global", "default_cloud")?.text ?? preferred
    let names = clouds.map { "`\($0.name)`" }.joined(separator: ", ")
    guard let chosen = wanted ?? (clouds.count == 1 ? clouds.first?.name : nil) else {
      if clouds.isEmpty { throw noClouds(file) }
      throw .error(
        "`\(file.path)` has \(clouds.count) clouds and none is the default: \(names)",
        hint: "name one, or set `default_cloud` in `[global]`")
    }
    guard let section = clouds.first(where: { $0.name == chosen })?.section else {
      if clouds.isEmpty { throw noClouds(file) }
      throw .error(
        "`\(file.path)` has no cloud `\(chosen)`, only \(names)",
        hint: suggestion(for: chosen, among: clouds.map(\.name)).map { "did you mean `\($0)`?" })
    }
    return try fromSection(section, of: file, name: chosen)
  }

  private static func noClouds(_ file: KamakiFile) -> Diagnostic {
    if let old = file.entry("global", "url") ?? file.entry("global", "token") {
      return .error(
        "`[global]` holds a cloud in the format of kamaki 0.8", at: old.location,
        hint: "move `url` and `token` into a section `[cloud \"NAME\"]`")
    }
    return .error(
      "`\(file.path)` has no cloud", hint: "add a section `[cloud \"NAME\"]` with `url` and `token`"
    )
  }

  private static func fromSection(
    _ section: String, of file: KamakiFile, name: String
  ) throws(Diagnostic) -> CloudSettings {
    guard let url = file.entry(section, "url") else {
      throw .error("cloud `\(name)` of `\(file.path)` has no `url`")
    }
    guard let token = file.entry(section, "token") else {
      throw .error("cloud `\(name)` of `\(file.path)` has no `token`")
    }
    _ = try address(url.text, called: "url", at: url.location)
    var settings = CloudSettings(
      name: name, authURL: url.text, tokens: try tokens(token.text, at: token.location))
    for kind in ServiceKind.allCases {
      guard let service = kind.nameInKamakirc else { continue }
      if let url = file.entry(section, service + "_url") {
        _ = try address(url.text, called: service + "_url", at: url.location)
        settings.serviceURLs[kind] = url.text
      }
      if let token = file.entry(section, service + "_token") {
        settings.serviceTokens[kind] = try tokens(token.text, at: token.location).first
      }
    }
    return settings
  }

  /// True where the file knows the name, and so may say whom to trust.
  ///
  /// - Throws: where it knows the name at another address.
  private func isDescribed(by file: KamakiFile, name: String) throws(Diagnostic) -> Bool {
    guard let section = try file.clouds().first(where: { $0.name == name })?.section,
      let url = file.entry(section, "url")
    else { return false }
    let identity = ServiceKind.identity
    if identity.versioned(url.text) == identity.versioned(authURL) { return true }
    throw .error(
      "cloud `\(name)` is at another address than `OMTD_CLOUD_URL` says", at: url.location,
      hint: "unset `OMTD_CLOUD_URL`, or name no cloud")
  }

  /// Takes `ca_certs` where that file is there, and `ignore_ssl`.
  private mutating func takeTrust(from file: KamakiFile, readFile: (String) -> String?) {
    isInsecure = file.entry("global", "ignore_ssl")?.text.lowercased() == "on"
    guard let certificates = file.entry("global", "ca_certs")?.text,
      readFile(certificates) != nil
    else { return }
    caFile = certificates
  }

  private static func address(
    _ url: String, called name: String, at place: SourceLocation?
  ) throws(Diagnostic) -> WebAddress {
    guard let address = WebAddress(url), address.query == nil else {
      throw .error("`\(name)` is not an `https` or `http` address", at: place)
    }
    return address
  }

  /// The texts between white space; their order is the order in which they are tried.
  private static func tokens(
    _ text: String, at place: SourceLocation?
  ) throws(Diagnostic) -> [Token] {
    let parts = text.split(whereSeparator: \.isWhitespace)
    guard parts.allSatisfy({ $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }) else {
      throw .error("the token has a character that no token has", at: place)
    }
    return parts.map { Token(String($0)) }
  }
}
