import Values

/// One effect on a host, as data. Check mode, diffs, backup, validation, escalation and atomic
/// renaming are written once, where steps are executed.
package enum Step: Sendable {
  case write(FileWrite)
  /// One directory, whose parent exists.
  case makeDirectory(path: String, attributes: FileAttributes)
  case setAttributes(path: String, attributes: FileAttributes, followsLinks: Bool)
  /// Whatever is there, with all below it.
  case remove(path: String)
  /// A symbolic or hard link, in place of what is there.
  case link(path: String, target: String, isHard: Bool)
  /// An empty file if there is none, which `isNew` expects, then the times of access and
  /// modification: nil is now, an empty text leaves it alone, all else is `@` and seconds since 1970.
  case touch(
    path: String, accessed: String?, modified: String?, attributes: FileAttributes, isNew: Bool)
  case run(Run)
}

/// Permission bits, owner and group to set; nil leaves what is there, or what the system gives.
package struct FileAttributes: Hashable, Sendable {
  package var mode: UInt16?
  /// A name or a number as text.
  package var owner: String?
  package var group: String?

  package init(mode: UInt16? = nil, owner: String? = nil, group: String? = nil) {
    self.mode = mode
    self.owner = owner
    self.group = group
  }

  package var isEmpty: Bool { mode == nil && owner == nil && group == nil }

  /// These attributes with the given ones of `new` in their place.
  package func changed(by new: FileAttributes) -> FileAttributes {
    FileAttributes(
      mode: new.mode ?? mode, owner: new.owner ?? owner, group: new.group ?? group)
  }
}

/// The whole content of a file, put in place by one rename.
package struct FileWrite: Hashable, Sendable {
  package var path: String
  package var payload: Payload
  package var attributes: FileAttributes
  /// The old file is copied first, under a name with the host's time, as Ansible names it:
  /// `PATH.NUMBER.YYYY-MM-DD@HH:MM:SS~`. The name is in the step's output.
  package var backsUp: Bool
  /// A command with `%s` for the new file, which must succeed before the rename.
  package var validate: String?
  /// What the step tells when it is done: a word from the plan that made it to the one after it.
  package var note: String

  package init(
    path: String, payload: Payload, attributes: FileAttributes, backsUp: Bool = false,
    validate: String? = nil, note: String = ""
  ) {
    self.path = path
    self.payload = payload
    self.attributes = attributes
    self.backsUp = backsUp
    self.validate = validate
    self.note = note
  }
}

/// A script to run on the host.
package struct Run: Sendable {
  /// How the row reads in a plan: `apt-get install nginx`.
  package var label: String
  package var script: ShellScript
  package var input: [UInt8]
  package var effect: RunEffect
  package var deadline: Duration
  /// The user's own command: starts by a fresh escalation, with the task's environment, and its
  /// output is collected in files, so that a daemon it leaves cannot write to us.
  package var isUserCommand: Bool
  /// Makes the host look at what is there anyway: no change to report, no row of a plan.
  package var isQuiet = false
  /// It may copy a file first, and then ends its output by a zero byte and the name of the copy.
  package var backsUp = false

  package init(
    _ label: String, _ script: ShellScript, input: [UInt8] = [], effect: RunEffect,
    deadline: Duration = .seconds(3600), isUserCommand: Bool = false
  ) {
    self.label = label
    self.script = script
    self.input = input
    self.effect = effect
    self.deadline = deadline
    self.isUserCommand = isUserCommand
  }
}

package enum RunEffect: Sendable {
  /// Nobody can tell; in a plan its output is unknown and later rows are assumed.
  case opaque
  /// Makes these facts true, and in a plan succeeds with no output.
  case makes([ImaginedFact])
}

/// A fact as it will be after a step: with a reading, or only known to be different.
package struct ImaginedFact: Sendable {
  package var fact: any Fact
  private let apply: @Sendable (inout FactTable) -> Void

  package static func becomes<F: Fact>(_ fact: F, _ reading: F.Reading) -> ImaginedFact {
    ImaginedFact(fact: fact) { $0.set(.known(reading, line: ""), for: fact) }
  }

  package static func becomesUnknown(_ fact: any Fact, _ reason: String) -> ImaginedFact {
    ImaginedFact(fact: fact) { $0.setUnknown(fact, Unknown(reason)) }
  }

  private init(fact: any Fact, apply: @escaping @Sendable (inout FactTable) -> Void) {
    self.fact = fact
    self.apply = apply
  }

  package func imagine(in table: inout FactTable) { apply(&table) }
}
