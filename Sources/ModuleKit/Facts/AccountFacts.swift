import Values

/// The entry of a user in the host's `passwd` database, by name or number.
package struct UserFact: Fact {
  package let name: String

  package init(_ name: String) { self.name = name }

  package struct Entry: Hashable, Sendable {
    package var name: String
    /// Nil for a user that a plan imagines and the host will number; so is `gid`.
    package var uid: Int?
    package var gid: Int?
    package var comment: String
    package var home: String
    package var shell: String

    package init(
      name: String, uid: Int?, gid: Int?, comment: String, home: String, shell: String
    ) {
      self.name = name
      self.uid = uid
      self.gid = gid
      self.comment = comment
      self.home = home
      self.shell = shell
    }
  }

  package static let isContained = true

  package static func script(_ batch: [UserFact]) -> ShellScript {
    "omtd_entries passwd \(words: batch.map(\.name))"
  }

  package func parse(_ line: Substring) -> Entry? {
    let parts = line.split(ascii: ":", omittingEmptySubsequences: false)
    guard parts.count >= 7, let uid = Int(parts[2]), let gid = Int(parts[3]) else { return nil }
    return Entry(
      name: String(parts[0]), uid: uid, gid: gid, comment: String(parts[4]),
      home: String(parts[5]), shell: String(parts[6]))
  }
}

/// The entry of a group in the host's `group` database, by name or number.
package struct GroupFact: Fact {
  package let name: String

  package init(_ name: String) { self.name = name }

  package struct Entry: Hashable, Sendable {
    package var name: String
    /// Nil for a group that a plan imagines and the host will number.
    package var gid: Int?
    package var members: [String]

    package init(name: String, gid: Int?, members: [String]) {
      self.name = name
      self.gid = gid
      self.members = members
    }
  }

  package static let isContained = true

  package static func script(_ batch: [GroupFact]) -> ShellScript {
    "omtd_entries group \(words: batch.map(\.name))"
  }

  package func parse(_ line: Substring) -> Entry? {
    let parts = line.split(ascii: ":", omittingEmptySubsequences: false)
    guard parts.count >= 4, let gid = Int(parts[2]) else { return nil }
    return Entry(
      name: String(parts[0]), gid: gid, members: parts[3].split(ascii: ",").map(String.init))
  }
}
