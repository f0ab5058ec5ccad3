import Diagnostics
import ModuleKit
import Values

/// `get_url`: a file that the host itself fetches.
package struct GetURLModule: Module {
  package static let specification = Specification(
    "get_url", summary: "Fetches a file to the host",
    parameters: [
      Parameter("url", isRequired: true), Parameter("dest", .path, isRequired: true),
      Parameter("checksum", default: ""), Parameter("force", .bool, default: false),
      Parameter("backup", .bool, default: false), Parameter("timeout", .int, default: 10),
      Parameter("headers", .dictionary), Parameter("http_agent", default: "ansible-httpget"),
      Parameter("url_username", aliases: ["username"]),
      Parameter("url_password", aliases: ["password"], isSecret: true),
      Parameter("force_basic_auth", .bool, default: false),
      Parameter("validate_certs", .bool, default: true),
      Parameter("use_proxy", .bool, default: true), Parameter("use_netrc", .bool, default: true),
      Parameter("client_cert", .path), Parameter("client_key", .path),
      Parameter("decompress", .bool, default: true),
    ] + AttributesRequest.parameters,
    lacking: AttributesRequest.lacking + [
      "ciphers", "tmp_dest", "unredirected_headers", "use_gssapi",
    ])

  private let url: String
  private let destination: String
  private let attributes: AttributesRequest
  private let forces: Bool
  private let backsUp: Bool
  private let checksum: Checksum?
  private let transfer: Transfer

  /// `ALGORITHM:DIGEST`, or `ALGORITHM:ADDRESS` of a list of digests.
  private enum Checksum: Sendable {
    case digest(DigestFact.Algorithm, String)
    case list(DigestFact.Algorithm, String)
  }

  package init(_ arguments: Arguments) throws(Diagnostic) {
    url = try arguments.requiredText("url")
    destination = try arguments.requiredText("dest")
    attributes = try AttributesRequest(arguments)
    forces = arguments.flag("force")
    backsUp = arguments.flag("backup")
    transfer = Transfer(arguments)
    guard url.contains("://"), !url.hasPrefix("-") else {
      throw .error("`url` must begin with a scheme", at: arguments.location(of: "url"))
    }
    let text = arguments.text("checksum") ?? ""
    guard !text.isEmpty else {
      checksum = nil
      return
    }
    guard let colon = text.firstIndex(of: ":"),
      let algorithm = DigestFact.Algorithm(rawValue: text[..<colon].lowercased())
    else {
      throw .error(
        "`checksum` must be an algorithm, a colon and a digest",
        at: arguments.location(of: "checksum"), hint: "write it as in `sha256:9f86d0…`")
    }
    let rest = text[text.index(after: colon)...].filter { $0 != " " }
    if rest.contains("://") {
      checksum = .list(algorithm, rest)
    } else {
      checksum = .digest(algorithm, rest.lowercased())
    }
  }

  /// The last part of the address's path, as a name for a file in a directory.
  private var usualName: String {
    let path = url.prefix { $0 != "?" && $0 != "#" }
    let afterScheme = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst(3)
    guard let last = afterScheme.last, !last.isEmpty else { return "index.html" }
    return String(last)
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    var path = RemotePath.trimmingSlashes(destination)
    var reading = try host[FollowedFileFact(path)]
    if case .present(let there) = reading, there.kind == .directory {
      path = RemotePath.join(path, usualName)
      reading = try host[FollowedFileFact(path)]
    } else if destination.hasSuffix("/") {
      throw .failed("the directory \(destination) does not exist", ["dest": .string(destination)])
    }
    if let output = try host.output(0), output.status != 0 { throw failed(output, path) }
    if host.hasStepped { return try finish(reading, path, host) }
    let wanted = try digest(host)
    if case .present(let old) = reading {
      guard old.kind != .directory else { throw .failed("\(path) is a directory") }
      if let wanted {
        if try host[DigestFact(old.resolvedPath, wanted.algorithm)] == wanted.digest, !forces {
          return settle(old, path, host)
        }
      } else if !forces {
        return settle(old, path, host)
      }
    }
    return .steps(
      [.run(fetch(to: path, reading, wanted))],
      diff: [.state(path, reading == .absent ? "absent" : "file", "fetched from \(url)")])
  }

  private func digest(
    _ host: HostView
  ) throws(Interruption) -> (algorithm: DigestFact.Algorithm, digest: String)? {
    switch checksum {
    case nil: return nil
    case .digest(let algorithm, let digest): return (algorithm, digest)
    case .list(let algorithm, let address):
      switch try host[AddressFact(address, checksCertificates: transfer.checksCertificates)] {
      case .failed(let words): throw .failed("cannot fetch the checksums from \(address): \(words)")
      case .bytes(let bytes):
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
          .map { $0.split { $0 == " " || $0 == "\t" }.map(String.init) }
        if lines.count == 1, let only = lines.first, only.count == 1 {
          return (algorithm, only[0].lowercased())
        }
        for words in lines where words.count >= 2 {
          var name = words[1].hasPrefix("*") ? String(words[1].dropFirst()) : words[1]
          if name.hasPrefix("./") { name = String(name.dropFirst(2)) }
          if RemotePath.name(of: name) == usualName { return (algorithm, words[0].lowercased()) }
        }
        throw .failed("\(address) has no checksum for \(usualName)")
      }
    }
  }

  /// What is there is right; only its attributes may differ.
  private func settle(_ old: RemoteFile, _ path: String, _ host: HostView) -> Outcome {
    let change = attributes.change(for: old)
    if !change.isEmpty {
      return .steps(
        [.setAttributes(path: old.resolvedPath, attributes: change, followsLinks: true)],
        diff: [.attributes(of: old, at: path, change: change)])
    }
    return .done(result(old, path, changed: false, message: "file already exists"))
  }

  private func fetch(
    to path: String, _ reading: FileReading,
    _ wanted: (algorithm: DigestFact.Algorithm, digest: String)?
  ) -> Run {
    let new: FileAttributes
    if case .present(let old) = reading {
      new = attributes.attributes(replacing: old)
    } else {
      new = attributes.attributes(forNew: .file)
    }
    let mode = new.mode.map { String($0, radix: 8) } ?? ""
    let copies: ShellScript =
      backsUp ? "if [ -e \(path) ]; then omtd_backup \(path) || exit 1; fi" : ""
    var check: ShellScript = ""
    if let wanted {
      check = """
        omtd_t=$(\(verbatim: wanted.algorithm.rawValue)sum <"$omtd_new"); omtd_t=${omtd_t%% *}
        if [ "$omtd_t" != \(wanted.digest) ]; then echo "the checksum of what came is $omtd_t" >&2; exit 9; fi

        """
    }
    let script: ShellScript = """
      omtd_new=$(mktemp \(RemotePath.parent(of: path) ?? ".")/.omtd.XXXXXXXX) || exit 1
      trap 'rm -f -- "$omtd_new"' EXIT
      omtd_b=
      \(script: transfer.script(url))
      \(script: check)omtd_s=$(sha1sum <"$omtd_new"); omtd_m=$(md5sum <"$omtd_new")
      if [ -f \(path) ] && cmp -s -- "$omtd_new" \(path); then omtd_x=same
      else
       omtd_x=new
       \(script: copies)
       omtd_mode=\(mode); [ -n "$omtd_mode" ] || omtd_mode=$(printf %o $((0666 & ~$(umask))))
       omtd_attributes "$omtd_new" "$omtd_mode" \(new.owner ?? "") \(new.group ?? "") || exit 1
       mv -f -- "$omtd_new" \(path) || exit 1
      fi
      printf '%s %s %s %s\\n' "$omtd_x" "${omtd_code:-200}" "${omtd_s%% *}" "${omtd_m%% *}"
      [ -z "$omtd_b" ] || printf '\\0%s' "$omtd_b"
      """
    let file = RemoteFile(
      kind: .file, mode: new.mode ?? 0o644, uid: 0, gid: 0, owner: new.owner ?? "root",
      group: new.group ?? "root", size: 0, modified: 0, links: 1, inode: 0, device: 0,
      sha256: nil, target: nil, resolvedPath: path)
    var run = Run(
      "fetch \(url) to \(path)", script, input: transfer.input,
      effect: .makes([
        .becomes(FollowedFileFact(path), .present(file)), .becomes(FileFact(path), .present(file)),
        .becomesUnknown(ContentFact(path), "fetched before"),
      ]))
    run.backsUp = backsUp && reading != .absent
    return run
  }

  private func failed(_ output: StepOutput.Known, _ path: String) -> Interruption {
    let words = output.errorText.split(separator: "\n").joined(separator: "; ")
    var values: ValueMap = ["url": .string(url), "dest": .string(path)]
    let code = output.text.split(separator: "\n").last.flatMap { Int($0) }
    if let code { values["status_code"] = .int(code) }
    return .failed("cannot fetch \(url): \(words)", values)
  }

  private func finish(
    _ reading: FileReading, _ path: String, _ host: HostView
  ) throws(Interruption) -> Outcome {
    guard case .present(let file) = reading else { throw .failed("\(path) did not arrive") }
    let output = try host.output(0)
    let words = output?.note.split(whereSeparator: \.isNewline).last?.split(separator: " ") ?? []
    // What came was the same: then only attributes may be left to set.
    if words.first == "same", host.outputs.count == 1 {
      let change = attributes.change(for: file)
      if !change.isEmpty { return settle(file, path, host) }
    }
    let isNew = words.first != "same" || host.outputs.count > 1
    var result = result(file, path, changed: isNew, message: "OK")
    if words.count == 4 {
      result.values["status_code"] = .int(Int(words[1]) ?? 200)
      result.values["checksum_src"] = .string(String(words[2]))
      result.values["checksum_dest"] = .string(String(words[2]))
      result.values["md5sum"] = .string(String(words[3]))
    } else if output?.isImagined ?? false {
      for key in ["status_code", "checksum_src", "checksum_dest", "md5sum"] {
        result.values[.string(key)] = .unknown(Unknown("nothing is fetched in a plan"))
      }
    }
    if let backup = host.backup { result.values["backup_file"] = backup }
    return .done(result)
  }

  private func result(
    _ file: RemoteFile, _ path: String, changed: Bool, message: String
  ) -> ModuleResult {
    var values = file.resultValues
    values["url"] = .string(url)
    values["dest"] = .string(path)
    values["msg"] = .string(message)
    return ModuleResult(changed: changed, values)
  }
}

/// How a host fetches something: by curl, or wget where that is enough.
struct Transfer: Sendable {
  let checksCertificates: Bool
  /// A configuration for curl on standard input, for what must not be in an argument list.
  let input: [UInt8]
  private let words: [String]
  private let wgetWords: [String]
  private let needsCurl: Bool

  init(_ arguments: Arguments) {
    checksCertificates = arguments.optionalFlag("validate_certs") ?? true
    let timeout = String(max(1, arguments.number("timeout") ?? 10))
    let agent = arguments.text("http_agent") ?? "ansible-httpget"
    var words = [
      "-A", agent, "--connect-timeout", timeout, "--speed-time", timeout, "--speed-limit", "1",
    ]
    var wget = ["-U", agent, "-T", timeout]
    if !checksCertificates {
      words.append("-k")
      wget.append("--no-check-certificate")
    }
    if !(arguments.optionalFlag("use_proxy") ?? true) {
      words += ["--noproxy", "*"]
      wget.append("--no-proxy")
    }
    if arguments.optionalFlag("use_netrc") ?? true { words.append("--netrc-optional") }
    if let certificate = arguments.text("client_cert") { words += ["--cert", certificate] }
    if let key = arguments.text("client_key") { words += ["--key", key] }
    var lines: [String] = []
    if let user = arguments.text("url_username") {
      lines.append("user = \(Self.quoted(user + ":" + (arguments.text("url_password") ?? "")))")
    }
    for (name, value) in arguments["headers"].opened.map ?? [:] {
      let text = value.opened.string ?? value.opened.int.map { String($0) } ?? ""
      lines.append("header = \(Self.quoted("\(name.string ?? ""): \(text)"))")
    }
    input = Array(lines.map { $0 + "\n" }.joined().utf8)
    needsCurl = !lines.isEmpty || arguments.text("client_cert") != nil
    self.words = words
    wgetWords = wget
  }

  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": out += "\\" + String(scalar)
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  /// Fetches into `$omtd_new`, or ends with words; leaves the status in `$omtd_code`.
  func script(_ url: String) -> ShellScript {
    let wget: ShellScript =
      needsCurl
      ? "echo 'curl is needed for headers, passwords and certificates' >&2; exit 8"
      : """
      command -v wget >/dev/null 2>&1 || { echo 'neither curl nor wget is there' >&2; exit 8; }
      wget -nv \(words: wgetWords) -O "$omtd_new" -- \(url) || exit 8
      """
    let configuration: ShellScript = input.isEmpty ? "" : "-K - "
    return """
      if command -v curl >/dev/null 2>&1; then
       omtd_code=$(curl -fsSL \(words: words) \(script: configuration)-o "$omtd_new" -w '%{http_code}' -- \(url)) || { echo "$omtd_code"; exit 8; }
      else
       \(script: wget)
      fi
      """
  }
}
