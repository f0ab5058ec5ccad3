import Values

/// A file with its times. Reading it does not open the file, which would change one of them.
package struct TimedFileFact: Fact {
  package let path: String
  /// Tells of what a link leads to.
  package let follows: Bool

  package init(_ path: String, follows: Bool) {
    self.path = RemotePath.trimmingSlashes(path)
    self.follows = follows
  }

  package static let isContained = true

  package static func script(_ batch: [TimedFileFact]) -> ShellScript {
    ShellScript(verbatim: function)
      + .lines(batch.map { "omtd_timed \($0.path) \($0.follows ? "yes" : "")" })
  }

  private static let function = #"""
    omtd_timed() {
     omtd_r=
     if [ -n "$2" ] && [ -L "$1" ]; then
      omtd_r=$(readlink -f -- "$1"); case $omtd_r in *"$omtd_nl"*) omtd_r=;; esac
      if [ ! -e "$omtd_r" ]; then echo -; return 0; fi
      set -- "$omtd_r"
     elif [ ! -e "$1" ] && [ ! -L "$1" ]; then echo -; return 0; fi
     if omtd_t=$(stat -c '%.9X %.9Y %f %u %g %s %Y %h %i %d %U %G' -- "$1" 2>/dev/null); then
      if [ -L "$1" ]; then omtd_r=$(readlink -- "$1"); fi
      printf '%s -%s\n' "$omtd_t" "${omtd_r:+ >$omtd_r}"
     else echo '! changed while it was read'; fi
    }

    """#

  /// The two times, then the file as `FileFact` reads it.
  package func parse(_ line: Substring) -> TimedFile {
    if line == "-" || line.hasPrefix("! ") {
      return TimedFile(file: FileReading.parse(line, path: path))
    }
    let parts = line.split(ascii: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3 else { return TimedFile(file: FileReading.parse(line, path: path)) }
    return TimedFile(
      file: FileReading.parse(parts[2], path: path), accessed: String(parts[0]),
      modified: String(parts[1]))
  }

  /// Anybody who reads the file changes its time of access.
  package func steady(_ line: String) -> String {
    line.split(ascii: " ", maxSplits: 1).last.map { String($0) } ?? line
  }

  package func imagined(in overlay: Overlay) -> ImaginedReading<TimedFile>? {
    let reading =
      follows ? FollowedFileFact(path).imagined(in: overlay) : FileFact(path).imagined(in: overlay)
    switch reading {
    case nil: return nil
    case .unknown(let reason): return .unknown(reason)
    case .known(let file): return .known(adjusted(TimedFile(file: file), by: overlay))
    }
  }

  package func adjusted(_ reading: TimedFile, by overlay: Overlay) -> TimedFile {
    guard case .present(var file) = reading.file else { return reading }
    var timed = reading
    if let attributes = overlay.attributes(at: file.resolvedPath) {
      file = file.changed(by: attributes)
      timed.file = .present(file)
    }
    if let times = overlay.times(at: file.resolvedPath) {
      timed.accessed = times.accessed ?? timed.accessed
      timed.modified = times.modified ?? timed.modified
    }
    return timed
  }
}

/// A file, and its times in seconds since 1970 as decimal text; empty or a word where a plan cannot
/// tell them.
package struct TimedFile: Hashable, Sendable {
  package var file: FileReading
  package var accessed = ""
  package var modified = ""
}

/// A moment by the clock of the host, `YYYY-MM-DD hh:mm:ss`, in seconds since 1970; nil where there
/// is none.
package struct LocalTimeFact: Fact {
  package let text: String

  package init(_ text: String) { self.text = text }

  package static let isContained = true

  package static func script(_ batch: [LocalTimeFact]) -> ShellScript {
    .lines(batch.map { "date -d \($0.text) +%s 2>/dev/null || echo -" })
  }

  package func parse(_ line: Substring) -> Int? { Int(line) }
}
