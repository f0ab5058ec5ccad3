import ModuleKit
import Values

/// A Debian package as dpkg has it: by name, `name:arch`, a virtual name, or a pattern of names.
package struct PackageFact: Fact {
  package let name: String

  package init(_ name: String) { self.name = name }

  package enum Reading: Hashable, Sendable {
    case absent
    case installed(version: String)
    /// Removed, but its configuration is still there.
    case configured(version: String)
    /// No package of that name, but an installed one stands for it.
    case provided(by: String)

    package var words: String {
      switch self {
      case .absent: "absent"
      case .installed(let version): version
      case .configured: "only configuration"
      case .provided(let name): "provided by \(name)"
      }
    }
  }

  // One `dpkg-query` for all names, since each reads the whole status file.
  package static func script(_ batch: [PackageFact]) -> ShellScript {
    ShellScript(
      verbatim: #"""
        omtd_packages() {
         if ! command -v dpkg-query >/dev/null 2>&1; then for omtd_p do echo -; done; return 0; fi
         omtd_a=$(dpkg-query -W -f '${Package} ${Architecture} ${Version} ${db:Status-Status}\n' -- "$@" 2>/dev/null)
         omtd_v=
         for omtd_p do
          omtd_b=-; omtd_n=${omtd_p%%:*}; omtd_h=; [ "$omtd_n" = "$omtd_p" ] || omtd_h=${omtd_p#*:}
          while read -r omtd_x omtd_y omtd_z omtd_s; do
           case $omtd_x in $omtd_n) ;; *) continue;; esac
           case $omtd_h in ''|any|"$omtd_y") ;; native) [ "$omtd_y" = "$(dpkg-query -W -f '${Architecture}' dpkg)" ] || continue;; *) continue;; esac
           case $omtd_s in
            installed) omtd_b="installed $omtd_z"; break;;
            config-files) omtd_b="configured $omtd_z";;
            half-*|unpacked|triggers-*) omtd_b="broken $omtd_z"; case $omtd_s in triggers-*) omtd_b="installed $omtd_z";; esac;;
           esac
          done <<omtd_end
        $omtd_a
        omtd_end
          if [ "$omtd_b" = - ]; then
           [ -n "$omtd_v" ] || omtd_v=$(dpkg-query -W -f '${db:Status-Status} ${Package} , ${Provides},\n' 2>/dev/null | grep '^installed [^ ]* , .')
           omtd_x=$(printf '%s\n' "$omtd_v" | grep -F -e ", $omtd_n," -e ", $omtd_n (" | head -n 1)
           if [ -n "$omtd_x" ]; then omtd_x=${omtd_x#installed }; omtd_b="provided ${omtd_x%% *}"; fi
          fi
          echo "$omtd_b"
         done
        }

        """#) + "omtd_packages \(words: batch.map(\.name))"
  }

  package func parse(_ line: Substring) -> Reading {
    let parts = line.split(ascii: " ", maxSplits: 1)
    guard parts.count == 2 else { return .absent }
    let word = String(parts[1])
    switch parts[0] {
    case "installed": return .installed(version: word)
    case "configured": return .configured(version: word)
    case "provided": return .provided(by: word)
    default: return .absent
    }
  }
}

/// What apt would install of a package.
package struct CandidateFact: Fact {
  package let name: String
  package let release: String?

  package init(_ name: String, release: String? = nil) {
    self.name = name
    self.release = release
  }

  package struct Reading: Hashable, Sendable {
    /// False where apt has not even heard of the name.
    package var isKnown: Bool
    package var candidate: String?
    package var versions: [String]

    package init(isKnown: Bool, candidate: String?, versions: [String]) {
      self.isKnown = isKnown
      self.candidate = candidate
      self.versions = versions
    }
  }

  package static func script(_ batch: [CandidateFact]) -> ShellScript {
    var script = ShellScript(
      verbatim: #"""
        omtd_candidates() {
         omtd_o=$1; shift
         omtd_a=$(LC_ALL=C apt-cache ${omtd_o:+-t "$omtd_o"} policy -- "$@" 2>/dev/null | while IFS= read -r omtd_x; do
          case $omtd_x in ' '*) printf '%s|' "$omtd_x";; *) printf '\n%s|' "$omtd_x";; esac
         done)
         for omtd_p do
          omtd_b=-
          while IFS= read -r omtd_x; do
           case $omtd_x in "$omtd_p:|"*) omtd_b=$omtd_x; break;; esac
          done <<omtd_end
        $omtd_a
        omtd_end
          printf '%s\n' "$omtd_b"
         done
        }

        """#)
    var rest = batch[...]
    while let first = rest.first {
      let run = rest.prefix { $0.release == first.release }
      rest = rest.dropFirst(run.count)
      script += "omtd_candidates \(first.release ?? "") \(words: run.map(\.name))\n"
    }
    return script
  }

  package func parse(_ line: Substring) -> Reading {
    var reading = Reading(isKnown: line != "-", candidate: nil, versions: [])
    for part in line.split(ascii: "|") {
      let words = part.split(ascii: " ")
      if words.first == "Candidate:", words.count == 2 {
        reading.candidate = words[1] == "(none)" ? nil : String(words[1])
      }
      // ` *** VERSION PRIORITY` and `     VERSION PRIORITY` head the sources of each version.
      if part.hasPrefix(" *** ") || part.hasPrefix("     "), words.count >= 2,
        let version = part.hasPrefix(" *** ") ? words.dropFirst().first : words.first,
        Int(words.last ?? "") != nil
      {
        reading.versions.append(String(version))
      }
    }
    return reading
  }
}

/// Whether apt's index was read within so many seconds, and when.
package struct AptIndexFact: Fact {
  package let validFor: Int

  package init(validFor: Int) { self.validFor = validFor }

  package struct Reading: Hashable, Sendable {
    package var isFresh: Bool
    /// Seconds since 1970; 0 where there is no index, negative where a plan imagines it.
    package var updated: Int
    package var isImagined: Bool { updated < 0 }

    package init(isFresh: Bool, updated: Int) {
      self.isFresh = isFresh
      self.updated = updated
    }
  }

  // The age is judged there, so that what a step is guarded by does not change each second.
  package static func script(_ batch: [AptIndexFact]) -> ShellScript {
    """
    omtd_x=/var/lib/apt/periodic/update-success-stamp
    [ -e "$omtd_x" ] || omtd_x=/var/lib/apt/lists
    omtd_m=$(stat -c %Y -- "$omtd_x" 2>/dev/null) || omtd_m=0
    omtd_n=$(date +%s)
    for omtd_v in \(words: batch.map { String($0.validFor) }); do
     if [ $((omtd_m + omtd_v)) -ge "$omtd_n" ]; then echo "fresh $omtd_m"; else echo "old $omtd_m"; fi
    done
    """
  }

  package func parse(_ line: Substring) -> Reading {
    let parts = line.split(ascii: " ")
    return Reading(
      isFresh: parts.first == "fresh", updated: parts.count == 2 ? Int(parts[1]) ?? 0 : 0)
  }
}

/// What `apt-get` says that it would do.
package struct AptSimulationFact: Fact {
  /// The command with its options, as in `["dist-upgrade"]`.
  package let words: [String]

  package init(_ words: [String]) { self.words = words }

  package enum Reading: Hashable, Sendable {
    /// Lines such as `Inst nginx (1.22 …)`, none where nothing would be done.
    case actions([String])
    case refused(String)
  }

  package var deadline: Duration { .seconds(180) }

  package static func script(_ batch: [AptSimulationFact]) -> ShellScript {
    ShellScript(
      verbatim: #"""
        omtd_simulate() {
         if omtd_a=$(LC_ALL=C apt-get -s -y "$@" 2>&1); then
          printf '%s\n' "$omtd_a" | grep -E '^(Inst|Remv|Purg|Conf|Del) ' | tr '\n' '|'; echo
         else printf '! %s\n' "$(printf '%s\n' "$omtd_a" | grep '^E: ' | tr '\n' ' ')"; fi
        }

        """#) + .lines(batch.map { "omtd_simulate \(words: $0.words)" })
  }

  package func parse(_ line: Substring) -> Reading {
    if line.hasPrefix("! ") { return .refused(String(line.dropFirst(2))) }
    return .actions(line.split(ascii: "|").map(String.init))
  }
}

/// A package file, on the host or behind an address, beside what is installed of its package.
package struct PackageFileFact: Fact {
  package let place: String

  package init(_ place: String) { self.place = place }

  package enum Relation: String, Sendable { case absent, older, same, newer }
  package enum Reading: Hashable, Sendable {
    /// The package in the file, and how what is installed relates to it.
    case package(name: String, version: String, installed: Relation)
    case unreadable(String)
  }

  package static let freshness = FactFreshness.asked
  package var deadline: Duration { .seconds(600) }

  package static func script(_ batch: [PackageFileFact]) -> ShellScript {
    ShellScript(
      verbatim: #"""
        omtd_deb() {
         omtd_f=$1; omtd_d=
         case $1 in *://*)
          omtd_d=$(mktemp) || return 1; omtd_f=$omtd_d
          if command -v curl >/dev/null 2>&1; then omtd_w=$(curl -fsSL -o "$omtd_d" -- "$1" 2>&1)
          else omtd_w=$(wget -q -O "$omtd_d" -- "$1" 2>&1); fi || { rm -f -- "$omtd_d"; printf '! %s\n' "$(printf %s "${omtd_w:-the download failed}" | tr '\n' ' ')"; return 0; };;
         esac
         if omtd_w=$(dpkg-deb -f "$omtd_f" Package Version 2>&1); then
          omtd_n=$(printf '%s\n' "$omtd_w" | sed -n 's/^Package: //p'); omtd_v=$(printf '%s\n' "$omtd_w" | sed -n 's/^Version: //p')
          omtd_o=$(dpkg-query -W -f '${db:Status-Status} ${Version}\n' -- "$omtd_n" 2>/dev/null | sed -n 's/^installed //p' | head -n 1)
          printf '%s %s %s\n' "$omtd_n" "$omtd_v" "${omtd_o:--}"
         else printf '! %s\n' "$(printf %s "$omtd_w" | tr '\n' ' ')"; fi
         [ -z "$omtd_d" ] || rm -f -- "$omtd_d"
        }

        """#) + .lines(batch.map { "omtd_deb \($0.place)" })
  }

  package func parse(_ line: Substring) -> Reading {
    if line.hasPrefix("! ") { return .unreadable(String(line.dropFirst(2))) }
    let parts = line.split(ascii: " ").map(String.init)
    guard parts.count == 3 else { return .unreadable("it is not a package") }
    let order = DebianVersion.compare(parts[2], parts[1])
    return .package(
      name: parts[0], version: parts[1],
      installed: parts[2] == "-" ? .absent : order < 0 ? .older : order > 0 ? .newer : .same)
  }
}
