import Transport

/// Command-line words for `ssh`, such as `ansible_ssh_common_args`, as far as they need no `ssh`.
package struct SSHArguments: Hashable, Sendable {
  package var user: String?
  package var port: Int?
  package var keyFiles: [String] = []
  package var knownHostsFiles: [String] = []
  package var checking: Endpoint.HostKeyChecking?
  package var proxyJump: String?
  package var identitiesOnly = false
  /// What `PubkeyAuthentication` says, and whether `PreferredAuthentications` names keys.
  private var keys: Bool?
  private var methods: Bool?
  package var connectTimeout: Duration?
  /// The first word that only OpenSSH understands.
  package var foreign: String?

  /// Options that change nothing for us: we have our own way to do it, or never do it.
  static let harmless: Set<String> = [
    "controlmaster", "controlpath", "controlpersist", "compression", "serveraliveinterval",
    "serveralivecountmax", "tcpkeepalive", "loglevel", "batchmode", "hashknownhosts",
    "gssapiauthentication", "gssapidelegatecredentials", "forwardx11", "forwardx11trusted",
    "visualhostkey", "updatehostkeys", "addkeystoagent", "sendenv", "numberofpasswordprompts",
    "checkhostip", "connectionattempts", "requesttty", "escapechar", "streamlocalbindmask",
    "verifyhostkeydns", "exitonforwardfailure", "clearallforwardings", "ipqos", "rekeylimit",
  ]

  /// Options that change nothing for us where they say no.
  static let features: Set<String> = [
    "forwardagent", "tunnel", "permitlocalcommand", "controlmaster",
  ]

  /// Ways to log in of which the password is one: we try keys, if we may, and then the password.
  private static func isKnown(_ methods: String) -> Bool {
    let known = [
      "publickey", "password", "keyboard-interactive", "gssapi-with-mic", "gssapi-keyex",
      "hostbased", "none",
    ]
    let named = methods.split(separator: ",").map(String.init)
    return named.allSatisfy(known.contains)
      && (named.contains("password") || named.contains("keyboard-interactive"))
  }

  /// Whether public keys may be offered; what is said here counts before what `other` says.
  package func usesKeys(_ other: SSHArguments? = nil) -> Bool {
    (keys ?? other?.keys ?? true) && (methods ?? other?.methods ?? true)
  }

  package init(_ words: [String]) {
    var words = words[...]
    while let word = words.popFirst(), foreign == nil {
      guard word.utf8.first == UInt8(ascii: "-"), let letter = word.dropFirst().first else {
        foreign = word
        return
      }
      if "CTqvxaknN".contains(letter) {
        // Without a value; several may stand together.
        if !word.dropFirst().allSatisfy({ "CTqvxak".contains($0) }) { foreign = word }
        continue
      }
      guard "oiplJ".contains(letter) else {
        foreign = word
        return
      }
      let joined = String(word.dropFirst(2))
      guard let value = joined.isEmpty ? words.popFirst() : joined else {
        foreign = word
        return
      }
      switch letter {
      case "i": keyFiles.append(value)
      case "p": port = port ?? Int(value)
      case "l": user = user ?? value
      case "J": proxyJump = proxyJump ?? value
      default: take(option: value)
      }
    }
  }

  /// `Name=value` or `Name value`; the first mention counts, as in OpenSSH.
  private mutating func take(option: String) {
    let isSeparator: (Character) -> Bool = { $0 == "=" || $0 == " " || $0 == "\t" }
    let name = option.prefix { !isSeparator($0) }
    let rest = option[name.endIndex...].drop(while: isSeparator)
    let quoted = rest.count >= 2 && rest.first == "\"" && rest.last == "\""
    take(name.lowercased(), String(quoted ? rest.dropFirst().dropLast() : rest), from: option)
  }

  mutating func take(_ name: String, _ value: String, from option: String) {
    switch name {
    case "user": user = user ?? value
    case "port": port = port ?? Int(value)
    case "identityfile": keyFiles.append(value)
    case "identitiesonly": identitiesOnly = identitiesOnly || value.lowercased() == "yes"
    case "pubkeyauthentication" where ["no", "yes", "true", "false"].contains(value.lowercased()):
      keys = keys ?? ["yes", "true"].contains(value.lowercased())
    case "preferredauthentications" where Self.isKnown(value):
      methods = methods ?? value.split(separator: ",").contains("publickey")
    case _
    where Self.features.contains(name) && ["no", "false", "none"].contains(value.lowercased()):
      break
    case "proxyjump":
      if value.lowercased() != "none" { proxyJump = proxyJump ?? value }
    case "userknownhostsfile":
      if knownHostsFiles.isEmpty {
        knownHostsFiles = Quoting.split(value) ?? [value]
      }
    case "connecttimeout":
      if let seconds = Int(value), seconds > 0 {
        connectTimeout = connectTimeout ?? .seconds(seconds)
      }
    case "stricthostkeychecking":
      switch value.lowercased() {
      case "yes", "true", "ask": checking = checking ?? .strict
      case "accept-new": checking = checking ?? .acceptNew
      case "no", "off", "false": checking = checking ?? .off
      default: foreign = option
      }
    case _ where Self.harmless.contains(name): break
    default: foreign = option
    }
  }

  /// The endpoint with these settings, where it has none of its own.
  package func applied(to endpoint: Endpoint) -> Endpoint {
    var endpoint = endpoint
    endpoint.user = endpoint.user ?? user
    endpoint.port = endpoint.port ?? port
    endpoint.proxyJump = endpoint.proxyJump ?? proxyJump
    endpoint.keyFiles += keyFiles.filter { !endpoint.keyFiles.contains($0) }
    if !knownHostsFiles.isEmpty { endpoint.knownHostsFiles = knownHostsFiles }
    if let checking { endpoint.hostKeyChecking = checking }
    if let connectTimeout { endpoint.timeouts.connect = connectTimeout }
    return endpoint
  }
}
