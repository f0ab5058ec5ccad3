import Diagnostics
import ModuleKit
import Values

/// `apt_key`: keys that apt trusts, as files of its own folder; needs neither gpg nor `apt-key`.
package struct AptKeyModule: Module {
  package static let specification = Specification(
    "apt_key", summary: "Keys that apt trusts",
    parameters: [
      Parameter("data"), Parameter("file", .path), Parameter("id"), Parameter("keyring", .path),
      Parameter("keyserver"), Parameter("url"),
      Parameter("state", default: "present", choices: ["absent", "present"]),
      Parameter("validate_certs", .bool, default: true),
    ],
    rules: [.mutuallyExclusive(["data", "file", "keyserver", "url"])])

  private enum Source: Sendable {
    case text(String)
    case file(String)
    case address(String)
    case none
  }

  private let source: Source
  /// Upper-case hexadecimal digits, without `0x`.
  private let id: String?
  private let keyring: String?
  private let isWanted: Bool
  private let checksCertificates: Bool

  package init(_ arguments: Arguments) throws(Diagnostic) {
    var id = arguments.text("id")?.uppercased().filter { $0 != " " }
    if let text = id, text.hasPrefix("0X") { id = String(text.dropFirst(2)) }
    if let id,
      !id.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x46).contains($0) })
        || ![8, 16, 32, 40].contains(id.utf8.count)
    {
      throw .error(
        "`id` must be the hexadecimal end of a fingerprint, or the whole of it",
        at: arguments.location(of: "id"))
    }
    self.id = id
    isWanted = arguments.text("state") != "absent"
    keyring = arguments.text("keyring")
    checksCertificates = arguments.flag("validate_certs")
    if let text = arguments.text("data") {
      source = .text(text)
    } else if let file = arguments.text("file") {
      source = .file(file)
    } else if let url = arguments.text("url") {
      source = .address(url)
    } else if let server = arguments.text("keyserver") {
      guard let id else {
        throw .error("`keyserver` needs `id`", at: arguments.location(of: "keyserver"))
      }
      source = .address(Self.lookUp(id, at: server))
    } else {
      source = .none
      if isWanted || id == nil {
        throw .error(
          isWanted ? "one of `data`, `file`, `keyserver` or `url` is needed" : "`id` is needed",
          at: arguments.location)
      }
    }
  }

  // HKP, as key servers speak it over HTTP.
  private static func lookUp(_ id: String, at server: String) -> String {
    var base = server
    for (scheme, address) in [("hkp://", "http://"), ("hkps://", "https://")]
    where base.hasPrefix(scheme) { base = address + base.dropFirst(scheme.count) }
    if !base.contains("://") { base = "http://" + base }
    let isPlain = base.hasPrefix("http://")
    let hostPart = base.drop { $0 != "/" }.dropFirst(2)
    if isPlain, !hostPart.contains(":") { base += ":11371" }
    return "\(base)/pks/lookup?op=get&options=mr&search=0x\(id)"
  }

  private var rings: FilesFact {
    FilesFact(
      keyring.map { [$0] }
        ?? [
          "/etc/apt/trusted.gpg", "/etc/apt/trusted.gpg.d/*.gpg", "/etc/apt/trusted.gpg.d/*.asc",
        ])
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    let files = try host[rings]
    if host.hasStepped { return .done(result(id, files, changed: true)) }
    if let id, isWanted, contains(id, files) {
      return .done(result(id, files, changed: false))
    }
    if let id, !isWanted { return remove([id], files) }
    guard let keys = OpenPGPKeys(try material(host)) else {
      throw .failed("the key that was given is not an OpenPGP key")
    }
    let prints = keys.keys.map(\.fingerprint)
    if let id, !keys.keys.contains(where: { $0.all.contains { $0.hasSuffix(id) } }) {
      throw .failed(
        "the key that was given is \(prints.joined(separator: ", ")), not `\(id)`")
    }
    if !isWanted { return remove(prints, files) }
    let missing = keys.keys.filter { !contains($0.fingerprint, files) }
    guard let first = missing.first else {
      return .done(result(id ?? prints[0], files, changed: false))
    }
    let path = keyring ?? "/etc/apt/trusted.gpg.d/\(first.fingerprint.suffix(16)).gpg"
    let old = files.first { $0.path == path }.map { OpenPGPKeys($0.bytes)?.keys ?? [] } ?? []
    let bytes = (old + missing).flatMap(\.bytes)
    let names = missing.map(\.fingerprint).joined(separator: ", ")
    return .steps(
      [
        .write(
          FileWrite(
            path: path, payload: Payload(bytes), attributes: FileAttributes(mode: 0o644)))
      ], diff: [.state("\(path): key \(names)", "absent", "present")])
  }

  private func material(_ host: HostView) throws(Interruption) -> [UInt8] {
    switch source {
    case .text(let text): return Array(text.utf8)
    case .file(let path):
      switch try host[ContentFact(path)] {
      case .bytes(let bytes): return bytes
      case .absent: throw .failed("the key file \(path) does not exist on the host")
      case .unreadable(let words): throw .failed("cannot read \(path): \(words)")
      }
    case .address(let url):
      switch try host[AddressFact(url, checksCertificates: checksCertificates)] {
      case .bytes(let bytes): return bytes
      case .failed(let words): throw .failed("cannot fetch the key from \(url): \(words)")
      }
    case .none: throw .failed("no key is given")
    }
  }

  private func contains(_ id: String, _ files: [FilesFact.File]) -> Bool {
    files.contains { file in
      OpenPGPKeys(file.bytes)?.keys.contains { $0.all.contains { $0.hasSuffix(id) } } ?? false
    }
  }

  private func remove(_ ids: [String], _ files: [FilesFact.File]) -> Outcome {
    var steps: [Step] = []
    var diff: [Diff] = []
    for file in files {
      guard let keys = OpenPGPKeys(file.bytes)?.keys else { continue }
      let kept = keys.filter { key in
        !ids.contains { id in key.all.contains { $0.hasSuffix(id) } }
      }
      guard kept.count < keys.count else { continue }
      if kept.isEmpty {
        steps.append(.remove(path: file.path))
      } else {
        steps.append(
          .write(
            FileWrite(
              path: file.path, payload: Payload(kept.flatMap(\.bytes)),
              attributes: FileAttributes(mode: 0o644))))
      }
      diff.append(.state("\(file.path): key \(ids.joined(separator: ", "))", "present", "absent"))
    }
    if steps.isEmpty { return .done(result(ids.first, files, changed: false)) }
    return .steps(steps, diff: diff)
  }

  private func result(
    _ id: String?, _ files: [FilesFact.File], changed: Bool
  ) -> ModuleResult {
    let prints = files.flatMap { OpenPGPKeys($0.bytes)?.keys.map(\.fingerprint) ?? [] }
    var values: ValueMap = ["after": .list(prints.map { .string($0) })]
    if let id {
      values["id"] = .string(id)
      values["key_id"] = .string(String(id.suffix(16)))
      values["short_id"] = .string(String(id.suffix(8)))
      values["fp"] = .string(prints.first { $0.hasSuffix(id) } ?? id)
    }
    return ModuleResult(changed: changed, values)
  }
}

/// What an address gives to the host, up to 4 MB.
package struct AddressFact: Fact {
  package let url: String
  package let checksCertificates: Bool

  package init(_ url: String, checksCertificates: Bool = true) {
    self.url = url
    self.checksCertificates = checksCertificates
  }

  package enum Reading: Hashable, Sendable {
    case bytes([UInt8])
    case failed(String)
  }

  package static let freshness = FactFreshness.asked
  package var deadline: Duration { .seconds(120) }

  package static func script(_ batch: [AddressFact]) -> ShellScript {
    ShellScript(
      verbatim: #"""
        omtd_address() {
         omtd_f=$(mktemp) || return 1
         if command -v curl >/dev/null 2>&1; then omtd_w=$(curl -fsSL --max-time 60 --max-filesize 4194304 ${2:+-k} -o "$omtd_f" -- "$1" 2>&1)
         elif command -v wget >/dev/null 2>&1; then omtd_w=$(wget -q -T 60 ${2:+--no-check-certificate} -O "$omtd_f" -- "$1" 2>&1)
         else omtd_w='neither curl nor wget is there'; false; fi
         if [ $? -eq 0 ]; then printf '=%s\n' "$(base64 <"$omtd_f" | tr -d '\n')"
         else printf '! %s\n' "$(printf %s "${omtd_w:-the download failed}" | tr '\n' ' ')"; fi
         rm -f -- "$omtd_f"
        }

        """#)
      + .lines(batch.map { "omtd_address \($0.url) \($0.checksCertificates ? "" : "insecure")" })
  }

  package func parse(_ line: Substring) -> Reading {
    guard line.hasPrefix("="), let bytes = Base64.bytes(line.dropFirst()) else {
      return .failed(String(line.dropFirst(2)))
    }
    return .bytes(bytes)
  }
}
