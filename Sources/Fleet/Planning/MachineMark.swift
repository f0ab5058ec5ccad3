import CCrypto
import Cloud

/// What omtd-setup writes into a machine's metadata in the create request: the truth about which
/// machines are whose.
///
/// | key | value |
/// | --- | --- |
/// | `omtd-environment` | the environment |
/// | `omtd-name` | the host of the inventory |
/// | `omtd-mark` | `run=… intent=… digest=… [protect] [owns=network:1,address:2]` |
/// | `omtd-expires` | a time in UTC; absent for machines that do not expire |
/// | `omtd-host-key` | the public host key that was sent along |
package struct MachineMark: Hashable, Sendable {
  package var environment: String
  package var name: String
  /// The run that asked for the machine.
  package var run: String
  /// Drawn anew for each creation: by it a machine is found after a lost reply.
  package var intent: String
  /// Of what is used at creation only: keys, files, networks.
  package var digest: String
  package var isProtected: Bool
  /// Networks and addresses that were made for the environment, so that they are known without the
  /// journal.
  package var owned: Set<OwnedObject>
  /// Those of them that the machine itself uses. They are written first: a value holds only so much,
  /// and the marks of all machines together must name everything.
  package var used: Set<OwnedObject> = []
  /// Seconds since 1970.
  package var expires: Int?
  package var hostKey: String?

  package static let prefix = "omtd-"
  /// The most pairs that the metadata of a machine hold.
  package static let pairLimit = 10
  /// The most pairs that a mark takes.
  package static let countLimit = 5

  package init(
    environment: String, name: String, run: String, intent: String, digest: String,
    isProtected: Bool = false, owned: Set<OwnedObject> = [], expires: Int? = nil,
    hostKey: String? = nil
  ) {
    self.environment = environment
    self.name = name
    self.run = run
    self.intent = intent
    self.digest = digest
    self.isProtected = isProtected
    self.owned = owned
    self.expires = expires
    self.hostKey = hostKey
  }

  /// nil where the machine is none of ours.
  package init?(_ metadata: [String: String]) {
    guard let environment = metadata["omtd-environment"], let name = metadata["omtd-name"] else {
      return nil
    }
    self.init(environment: environment, name: name, run: "", intent: "", digest: "")
    for word in (metadata["omtd-mark"] ?? "").split(separator: " ") {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      switch (parts.first, parts.count > 1 ? parts[1] : nil) {
      case ("run", let value?): run = value
      case ("intent", let value?): intent = value
      case ("digest", let value?): digest = value
      case ("protect", nil): isProtected = true
      case ("owns", let value?):
        owned = Set(value.split(separator: ",").compactMap { OwnedObject($0) })
      default: break
      }
    }
    expires = metadata["omtd-expires"].flatMap { Moment.parse($0) }
    hostKey = metadata["omtd-host-key"]
  }

  package var metadata: [String: String] {
    var words = ["run=\(run)", "intent=\(intent)", "digest=\(digest)"]
    if isProtected { words.append("protect") }
    var list = ""
    let own = used.intersection(owned)
    for text in own.map(\.text).sorted() + owned.subtracting(own).map(\.text).sorted() {
      // A value holds 500 characters; the journal knows the rest.
      if list.utf8.count + text.utf8.count > 380 { break }
      list += (list.isEmpty ? "owns=" : ",") + text
    }
    if !list.isEmpty { words.append(list) }
    var pairs = [
      "omtd-environment": environment, "omtd-name": name,
      "omtd-mark": words.joined(separator: " "),
    ]
    if let expires { pairs["omtd-expires"] = Moment.text(expires) }
    if let hostKey { pairs["omtd-host-key"] = hostKey }
    return pairs
  }
}

/// A network or a floating IP that was made for an environment, and goes with it.
package enum OwnedObject: Hashable, Sendable {
  case network(CloudID)
  case address(CloudID)

  var text: String {
    switch self {
    case .network(let id): "network:\(id)"
    case .address(let id): "address:\(id)"
    }
  }

  init?(_ text: Substring) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2, !parts[1].isEmpty else { return nil }
    switch parts[0] {
    case "network": self = .network(CloudID(parts[1]))
    case "address": self = .address(CloudID(parts[1]))
    default: return nil
    }
  }
}

/// Random and digested texts in lower-case hexadecimal.
package enum Hex {
  package static func random(_ count: Int) -> String {
    var bytes = [UInt8](repeating: 0, count: count)
    // The same entropy either way; libcrypto's fails only where it cannot be seeded.
    if RAND_bytes(&bytes, Int32(count)) != 1 {
      var generator = SystemRandomNumberGenerator()
      for index in bytes.indices { bytes[index] = generator.next() }
    }
    return text(bytes)
  }

  package static func digest(_ text: String, bytes count: Int) -> String {
    let input = Array(text.utf8)
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 32
    EVP_Digest(input, input.count, &digest, &length, EVP_sha256(), nil)
    return self.text(digest.prefix(count))
  }

  static func text(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var out: [UInt8] = []
    for byte in bytes {
      out.append(digits[Int(byte >> 4)])
      out.append(digits[Int(byte & 15)])
    }
    return String(decoding: out, as: UTF8.self)
  }
}
