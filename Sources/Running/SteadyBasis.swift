import ModuleKit

/// What of a file fact a guard compares: of a directory not its size, time and number of links.
///
/// They change whenever anybody makes or removes a file in it, as in `/tmp`, and a step that was
/// planned on a directory depends only on its being there with its mode and owner.
enum SteadyBasis {
  static func applies(to batch: any FactBatch) -> Bool {
    batch.facts.first is FileFact || batch.facts.first is FollowedFileFact
  }

  /// Reads the lines of file facts, and leaves out the fourth to sixth field of a directory's.
  static let filter: ShellScript = #"""
    {
    while IFS= read -r omtd_l; do
    case $omtd_l in
    4[0-9a-f][0-9a-f][0-9a-f]' '*' '*' '*' '*' '*' '*)
     omtd_y=${omtd_l#* * * * * * }
     omtd_x=${omtd_l%" $omtd_y"}; omtd_x=${omtd_x% * * *}
     printf '%s\n' "$omtd_x $omtd_y";;
    *) printf '%s\n' "$omtd_l";;
    esac
    done
    }
    """#

  /// The same for a line that was kept.
  static func line(_ line: String) -> String {
    let parts = line.split(ascii: " ", maxSplits: 6, omittingEmptySubsequences: false)
    guard parts.count == 7, parts[0].utf8.count == 4, parts[0].hasPrefix("4"),
      parts[0].utf8.dropFirst().allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { return line }
    return (parts.prefix(3) + [parts[6]]).joined(separator: " ")
  }
}
