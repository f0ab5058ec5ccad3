import ModuleKit
import Transport
import Values

/// One request to a host: facts to read, or steps to take and then facts to read, each in a section
/// of its own that ends with a mark nobody on the host can guess.
struct Exchange {
  private let mark: String
  private var script = ""
  private var input: [[UInt8]] = []
  private var sections = 0
  private var mayLeaveProcesses = false
  private var patience: Duration = .seconds(60)
  private let limit: Duration?

  /// When the request is given up: what a task says counts more than what its steps and facts do.
  var deadline: Duration { limit ?? patience }

  /// - Parameter limit: the time that a task has.
  init(limit: Duration? = nil) {
    self.limit = limit
    var generator = SystemRandomNumberGenerator()
    mark = "omtd" + String(generator.next() as UInt64, radix: 16)
    script = """
      omtd_mark() { printf '\\n\(mark) %s %s\\n' "$1" "$2"; printf '\\n\(mark) %s %s\\n' "$1" "$2" >&2; }
      omtd_read() { printf '\\n\(mark) %s %s\\n' "$1" "$2"; }

      """
  }

  /// The reading of a batch; gives the section's number.
  mutating func read(_ batch: any FactBatch, exports: String) -> Int {
    patience = max(patience, batch.deadline + .seconds(30))
    let isContained = batch.isContained && exports.isEmpty
    script += isContained ? "{ " : "( " + exports
    script += batch.script.text + (isContained ? "\n}" : "\n)")
    script += " </dev/null 2>/dev/null; omtd_read \(sections) $?\n"
    sections += 1
    return sections - 1
  }

  /// Steps in order, up to the first that fails, if the facts that they were planned on still read
  /// the same; `basis` holds those facts with the lines that they were read from.
  ///
  /// - Parameter exports: with which the facts were read.
  /// - Returns: the number of the guard's section; the steps' sections follow.
  mutating func take(
    _ steps: [StepScript], deadline limit: Duration, basis: [(fact: any Fact, line: String)],
    exports: String
  ) -> Int {
    let guardSection = sections
    mayLeaveProcesses = mayLeaveProcesses || steps.contains(where: \.mayLeaveProcesses)
    patience = max(patience, limit + .seconds(30))
    sections += 1
    if basis.isEmpty {
      script += "omtd_go=1; omtd_mark \(guardSection) 0\n"
    } else {
      let (check, digest) = Self.check(basis)
      script += """
        omtd_go=0; omtd_h=$( { \(exports)\(check)
        } </dev/null 2>/dev/null | sha256sum )
        [ "${omtd_h%% *}" != \(digest) ] || omtd_go=1
        omtd_mark \(guardSection) $((1-omtd_go))

        """
    }
    for step in steps {
      let redirect = step.input.isEmpty ? " </dev/null" : ""
      script += """
        if [ "$omtd_go" = 1 ]; then { \(step.script.text)
        }\(redirect); omtd_r=$?; omtd_mark \(sections) $omtd_r; [ "$omtd_r" = 0 ] || omtd_go=0; fi

        """
      if !step.input.isEmpty { input.append(step.input) }
      sections += 1
    }
    return guardSection
  }

  private static func check(
    _ basis: [(fact: any Fact, line: String)]
  ) -> (script: String, digest: String) {
    var lines = ""
    var scripts: [String] = []
    for group in batches(basis.map(\.fact)) {
      let isSteady = SteadyBasis.applies(to: group)
      for fact in group.facts {
        let read = line(of: fact, in: basis)
        lines += (isSteady ? SteadyBasis.line(read) : read) + "\n"
      }
      let text = group.script.text
      scripts.append(isSteady ? "{ \(text)\n} | \(SteadyBasis.filter.text)" : text)
    }
    return (scripts.joined(separator: "\n"), Digest.sha256(Array(lines.utf8)))
  }

  private static func line(
    of fact: any Fact, in basis: [(fact: any Fact, line: String)]
  ) -> String {
    func open<F: Fact>(_ wanted: F) -> String {
      basis.first { $0.fact as? F == wanted }?.line ?? ""
    }
    return open(fact)
  }

  func request(identity: Identity, isFresh: Bool) -> ShellRequest {
    ShellRequest(
      script: script, input: input, identity: identity, isFresh: isFresh, deadline: deadline,
      // Cut output would be without its marks.
      outputLimit: 16 * StepScript.outputLimit,
      mayLeaveProcesses: mayLeaveProcesses)
  }

  /// The sections of a reply: nil where one did not run.
  func sections(of reply: ShellReply) -> [Section?] {
    let out = split(reply.stdout)
    let err = split(reply.stderr)
    return (0..<sections).map { number in
      guard let own = out[number] else { return nil }
      return Section(status: own.status, stdout: own.bytes, stderr: err[number]?.bytes ?? [])
    }
  }

  struct Section {
    var status: Int32
    var stdout: [UInt8]
    var stderr: [UInt8]
  }

  private func split(_ bytes: [UInt8]) -> [Int: (status: Int32, bytes: [UInt8])] {
    var found: [Int: (status: Int32, bytes: [UInt8])] = [:]
    let needle = Array("\n\(mark) ".utf8)
    var start = 0
    while let hit = Bytes.firstIndex(of: needle, in: bytes, from: start) {
      let rest = bytes[(hit + needle.count)...]
      guard let end = rest.firstIndex(of: 10) else { break }
      let words = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
      if words.count == 2, let number = Int(words[0]), let status = Int32(words[1]) {
        found[number] = (status, Array(bytes[start..<hit]))
      }
      start = end + 1
    }
    return found
  }
}
