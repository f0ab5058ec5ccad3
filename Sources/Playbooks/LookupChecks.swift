import Diagnostics
import Values

/// The names of lookups, for mistakes that can be seen before the run.
enum LookupNames {
  /// Those of ansible-core, and of community.general as old content names them.
  static let known = Set(
    """
    config csvfile dict env file fileglob first_found indexed_items ini inventory_hostnames items \
    lines list nested password pipe random_choice sequence subelements template together unvault \
    url varnames vars \
    aws_secret aws_ssm bitwarden cartesian chef_databag consul_kv credstash cyberarkpassword dig \
    dnstxt etcd etcd3 filetree flattened hashi_vault hiera k8s keyring lastpass lmdb_kv manifold \
    mongodb nios onepassword openshift passwordstore random_string redis shelvefile vault
    """.split(separator: " ").map(String.init))
}

extension Session {
  /// Reports a lookup that neither we nor Ansible have.
  func checkLookup(_ name: String, at location: SourceLocation, as use: TextUse) {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let isOurs =
      parts.count == 1
      || parts.count == 3 && parts[0] == "ansible" && parts[1] != "posix" && parts[1] != "windows"
    guard isOurs, let last = parts.last.map(String.init), isVariableName(last),
      !LookupNames.known.contains(last), loader.environment.lookup(last) == nil
    else { return }
    let near = suggestion(for: last, among: LookupNames.known.sorted())
    let fault = Diagnostic.error(
      "unknown lookup `\(name)`", at: location, length: name.scalarCount + 2,
      hint: near.map { "did you mean `\($0)`?" })
    switch use {
    case .task(let isGuarded): addLate(fault, isGuarded: isGuarded)
    case .variable: addLate(fault, isGuarded: true)
    }
  }

  /// An unknown `with_NAME` is to Ansible an unknown module, whatever stands around.
  func checkLookup(_ name: String, ofLoop loop: Loop) {
    guard !LookupNames.known.contains(name), loader.environment.lookup(name) == nil,
      !name.contains(".")
    else { return }
    let near = suggestion(for: name, among: LookupNames.known.sorted())
    error(
      "unknown loop `with_\(name)`", at: loop.location, length: name.scalarCount + 5,
      hint: near.map { "did you mean `with_\($0)`?" })
  }

  /// Finds `lookup('name'`, `query('name'` and `q('name'` in a template's text.
  func checkLookups(in value: SourceValue, as use: TextUse) {
    guard let text = value.text, text.contains("lookup(") || text.contains("q") else { return }
    let scalars = Array(text.unicodeScalars)
    for word in ["lookup", "query", "q"] {
      let call = Array("\(word)(".unicodeScalars)
      var index = 0
      while index + call.count < scalars.count {
        defer { index += 1 }
        guard scalars[index..<(index + call.count)].elementsEqual(call) else { continue }
        if index > 0, isNamePart(scalars[index - 1]) { continue }
        guard let (name, offset) = quotedName(scalars, from: index + call.count) else { continue }
        checkLookup(name, at: value.place(atOffset: offset), as: use)
      }
    }
  }

  private func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar == "." || scalar.properties.isAlphabetic || ("0"..."9") ~= scalar
  }

  /// The constant that follows, if nothing but a comma or the end of the call comes behind it.
  private func quotedName(_ scalars: [Unicode.Scalar], from start: Int) -> (String, Int)? {
    var index = start
    while index < scalars.count, scalars[index] == " " { index += 1 }
    guard index < scalars.count, scalars[index] == "'" || scalars[index] == "\"" else { return nil }
    guard let end = scalars[(index + 1)...].firstIndex(of: scalars[index]) else { return nil }
    var next = end + 1
    while next < scalars.count, scalars[next] == " " { next += 1 }
    guard next < scalars.count, scalars[next] == "," || scalars[next] == ")" else { return nil }
    return (String(String.UnicodeScalarView(scalars[(index + 1)..<end])), index)
  }
}
