import Diagnostics
import ModuleKit
import Values

/// `stat`: all that the host tells about one path.
package struct StatModule: Module {
  package static let specification = Specification(
    "stat", summary: "Tells the attributes of a file",
    parameters: [
      Parameter("path", .path, aliases: ["dest", "name"], isRequired: true),
      Parameter("follow", .bool, default: false),
      Parameter("get_checksum", .bool, default: true),
      Parameter(
        "checksum_algorithm", aliases: ["checksum", "checksum_algo"], default: "sha1",
        choices: ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]),
      Parameter("get_mime", .bool, aliases: ["mime", "mime_type", "mime-type"], default: true),
      Parameter("get_attributes", .bool, aliases: ["attr", "attributes"], default: true),
    ])

  private let fact: StatFact

  package init(_ arguments: Arguments) throws(Diagnostic) {
    fact = StatFact(
      path: try arguments.requiredText("path"), follows: arguments.flag("follow"),
      algorithm: arguments.flag("get_checksum")
        ? DigestFact.Algorithm(rawValue: arguments.text("checksum_algorithm") ?? "sha1") : nil,
      readsType: arguments.flag("get_mime"), readsAttributes: arguments.flag("get_attributes"))
  }

  package func plan(_ host: HostView) throws(Interruption) -> Outcome {
    switch try host[fact] {
    case .absent: return .done(ModuleResult(changed: false, ["stat": ["exists": false]]))
    case .unreadable(let words): throw .failed("cannot look at \(fact.path): \(words)")
    case .present(let values): return .done(ModuleResult(changed: false, ["stat": values]))
    }
  }
}

/// The values of `stat` for one path, with digest, media type and file system flags as asked.
package struct StatFact: Fact {
  package var path: String
  package var follows: Bool
  /// Nil leaves the digest out.
  package var algorithm: DigestFact.Algorithm?
  package var readsType: Bool
  package var readsAttributes: Bool

  package init(
    path: String, follows: Bool = false, algorithm: DigestFact.Algorithm? = .sha1,
    readsType: Bool = true, readsAttributes: Bool = true
  ) {
    self.path = path
    self.follows = follows
    self.algorithm = algorithm
    self.readsType = readsType
    self.readsAttributes = readsAttributes
  }

  package enum Reading: Sendable {
    case absent
    case unreadable(String)
    case present(Value)
  }

  package var deadline: Duration { .seconds(300) }

  /// Without the time of access.
  package func steady(_ line: String) -> String {
    let parts = line.split(ascii: " ", maxSplits: 5, omittingEmptySubsequences: false)
    return parts.count == 6 ? (parts[..<4] + parts[5...]).joined(separator: " ") : line
  }

  // Nine digits of a second where `stat` has them; links' texts travel as base 64.
  private static let function: ShellScript = ShellScript(
    verbatim: #"""
      omtd_looks() {
       omtd_fl=$1; omtd_al=$2; omtd_ty=$3; omtd_at=$4; shift 4
       [ -z "$omtd_ty" ] || command -v file >/dev/null 2>&1 || omtd_ty=
       [ -z "$omtd_at" ] || command -v lsattr >/dev/null 2>&1 || omtd_at=
       omtd_i=0; omtd_e=0; omtd_w=; omtd_k=
       for omtd_p do
        omtd_i=$((omtd_i+1)); [ -e "$omtd_p" ] || { [ -z "$omtd_fl" ] && [ -L "$omtd_p" ]; } || continue
        omtd_w="$omtd_w \"\${$omtd_i}\""; omtd_k="$omtd_k$omtd_i "; omtd_e=$((omtd_e+1))
       done
       omtd_s=; [ -z "$omtd_w" ] || eval "omtd_s=\$(stat $omtd_fl -c '%f %u %g %s %.9X %.9Y %.9Z %h %i %d %b %o %t %T %U %G' -- $omtd_w 2>/dev/null)"
       omtd_l=0; omtd_dw=; omtd_dn=0; omtd_aw=; omtd_an=0; omtd_x=$omtd_k; omtd_ifs=$IFS; IFS=$omtd_nl; set -f
       for omtd_t in $omtd_s; do
        omtd_l=$((omtd_l+1)); omtd_j=${omtd_x%% *}; omtd_x=${omtd_x#* }; eval "omtd_t$omtd_l=\$omtd_t; omtd_p=\${${omtd_j:-1}}"
        case $omtd_t in
         8*) [ -z "$omtd_al" ] || [ ! -r "$omtd_p" ] || { omtd_dw="$omtd_dw \"\${$omtd_j}\""; omtd_dn=$((omtd_dn+1)); };;
        esac
        case $omtd_t in 8*|4*) omtd_aw="$omtd_aw \"\${$omtd_j}\""; omtd_an=$((omtd_an+1));; esac
       done
       omtd_d=; omtd_f=; omtd_m=; omtd_n=$omtd_e
       if [ "$omtd_l" -eq "$omtd_e" ]; then
        [ -z "$omtd_dw" ] || eval "omtd_d=\$(${omtd_al}sum -- $omtd_dw 2>/dev/null)"
        [ -z "$omtd_at" ] || [ -z "$omtd_aw" ] || eval "omtd_f=\$(lsattr -vd -- $omtd_aw 2>/dev/null)"
        [ -z "$omtd_ty" ] || [ -z "$omtd_w" ] || eval "omtd_m=\$(file -b --mime-type --mime-encoding -- $omtd_w 2>/dev/null)"
        omtd_count $omtd_f; [ -z "$omtd_f" ] || [ "$omtd_n" -eq "$omtd_an" ] || omtd_l=-1
        omtd_count $omtd_m; [ -z "$omtd_m" ] || [ "$omtd_n" -eq "$omtd_e" ] || omtd_l=-1
        omtd_count $omtd_d; [ "$omtd_n" -eq "$omtd_dn" ] || omtd_l=-1
       fi
       IFS=$omtd_ifs
       if [ "$omtd_l" -ne "$omtd_e" ] && [ $# -gt 1 ]; then
        # One of them differs from the others, or is changing: each by itself.
        set +f; for omtd_p do omtd_looks "$omtd_fl" "$omtd_al" "$omtd_ty" "$omtd_at" "$omtd_p"; done; return 0
       fi
       omtd_i=0; omtd_l=0
       for omtd_p do
        omtd_i=$((omtd_i+1)); if [ "${omtd_k%% *}" != "$omtd_i" ]; then omtd_gone "$omtd_p"; continue; fi
        omtd_k=${omtd_k#* }; omtd_l=$((omtd_l+1)); eval "omtd_t=\$omtd_t$omtd_l"
        if [ -z "$omtd_s" ]; then omtd_gone "$omtd_p"; continue; fi
        omtd_a=; [ ! -r "$omtd_p" ] || omtd_a=r; [ ! -w "$omtd_p" ] || omtd_a=${omtd_a}w; [ ! -x "$omtd_p" ] || omtd_a=${omtd_a}x
        omtd_g=-; omtd_h=; omtd_b=; omtd_c=
        case $omtd_t in
         8*) [ -z "$omtd_al" ] || [ ! -r "$omtd_p" ] || { omtd_next "$omtd_d"; omtd_d=$omtd_y; omtd_g=${omtd_x#\\}; omtd_g=${omtd_g%% *}; };;
         a*) omtd_b=$({ readlink -- "$omtd_p"; printf '\0'; readlink -f -- "$omtd_p"; } | omtd_b64);;
        esac
        case $omtd_t in 8*|4*) omtd_next "$omtd_f"; omtd_f=$omtd_y; omtd_flags $omtd_x;; esac
        omtd_next "$omtd_m"; omtd_m=$omtd_y; omtd_c=$omtd_x
        printf '%s|%s|%s|%s|%s|%s\n' "$omtd_t" "$omtd_a" "${omtd_g:--}" "$omtd_c" "$omtd_h" "$omtd_b"
       done
       set +f
      }
      omtd_next() { omtd_x=${1%%"$omtd_nl"*}; omtd_y=${1#"$omtd_x"}; omtd_y=${omtd_y#"$omtd_nl"}; }
      omtd_flags() { omtd_h=; [ $# -lt 2 ] || omtd_h="$1 $2"; }
      omtd_gone() {
       omtd_y=${1%/*}; [ "$omtd_y" != "$1" ] || omtd_y=.; omtd_y=${omtd_y:-/}
       if [ -d "$omtd_y" ] && [ -x "$omtd_y" ] && [ ! -L "$1" ]; then echo -; return 0; fi
       omtd_x=$(LC_ALL=C stat $omtd_fl -- "$1" 2>&1)
       case $omtd_x in *'No such file or directory'*) echo -;; *:*) printf '! %s\n' "${omtd_x##*: }";; *) echo '! cannot be looked at';; esac
      }

      """#)

  package static let isContained = true

  package static func script(_ batch: [StatFact]) -> ShellScript {
    // Neighbours of which the same is asked share their calls.
    var scripts = function
    var rest = batch[...]
    while let first = rest.first {
      let run = rest.prefix { first.asksAsMuch(as: $0) }
      rest = rest.dropFirst(run.count)
      scripts +=
        "omtd_looks \(first.follows ? "-L" : "") \(first.algorithm?.rawValue ?? "") \(first.readsType ? "1" : "") \(first.readsAttributes ? "1" : "") \(words: run.map(\.path))\n"
    }
    return scripts
  }

  private func asksAsMuch(as other: StatFact) -> Bool {
    var other = other
    other.path = path
    return self == other
  }

  package func parse(_ line: Substring) -> Reading {
    if line == "-" { return .absent }
    if line.hasPrefix("! ") { return .unreadable(String(line.dropFirst(2))) }
    let parts = line.split(ascii: "|", omittingEmptySubsequences: false)
    guard parts.count == 6 else { return .unreadable("`stat` answered `\(line.prefix(200))`") }
    let fields = parts[0].split(ascii: " ")
    guard fields.count == 16, let raw = Int(fields[0], radix: 16) else {
      return .unreadable("`stat` answered `\(line.prefix(200))`")
    }
    let numbers = fields.map { Int($0) ?? 0 }
    var values = Self.values(raw, path: path)
    values["uid"] = .int(numbers[1])
    values["gid"] = .int(numbers[2])
    values["size"] = .int(numbers[3])
    values["inode"] = .int(numbers[8])
    values["dev"] = .int(numbers[9])
    values["nlink"] = .int(numbers[7])
    values["atime"] = .double(Self.seconds(fields[4]))
    values["mtime"] = .double(Self.seconds(fields[5]))
    values["ctime"] = .double(Self.seconds(fields[6]))
    values["blocks"] = .int(numbers[10])
    values["block_size"] = .int(numbers[11])
    values["device_type"] = .int(
      Self.device(major: Int(fields[12], radix: 16) ?? 0, minor: Int(fields[13], radix: 16) ?? 0))
    for (key, letter) in [("readable", "r"), ("writeable", "w"), ("executable", "x")]
      as [(Value, Character)]
    {
      values[key] = .bool(parts[1].contains(letter))
    }
    if raw & 0o170000 == 0o120000, let bytes = Base64.bytes(parts[5]) {
      let texts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        .map { String(decoding: $0.last == 0x0A ? $0.dropLast() : $0, as: UTF8.self) }
      values["lnk_source"] = .string(texts.last ?? "")
      values["lnk_target"] = .string(texts.first ?? "")
    }
    if fields[14] != "UNKNOWN" { values["pw_name"] = .string(String(fields[14])) }
    if fields[15] != "UNKNOWN" { values["gr_name"] = .string(String(fields[15])) }
    if parts[2] != "-" { values["checksum"] = .string(String(parts[2])) }
    if readsType {
      let media = parts[3].split(ascii: ";", maxSplits: 1)
      let charset = media.last?.split(separator: "=", maxSplits: 1)
      let isKnown = media.count == 2 && charset?.count == 2
      values["mimetype"] = .string(isKnown ? String(media[0]) : "unknown")
      values["charset"] = .string(isKnown ? String(charset?.last ?? "") : "unknown")
    }
    if readsAttributes {
      let flags = parts[4].split(ascii: " ")
      let letters = flags.count == 2 ? flags[1].filter { $0 != "-" } : ""
      values["version"] = flags.count == 2 ? .string(String(flags[0])) : .null
      values["attributes"] = .list(letters.compactMap { Self.attributeNames[$0] })
      values["attr_flags"] = .string(letters)
    }
    return .present(.map(values))
  }

  package func imagined(in overlay: Overlay) -> ImaginedReading<Reading>? {
    let reading =
      follows
      ? FollowedFileFact(path).imagined(in: overlay) : FileFact(path).imagined(in: overlay)
    switch reading {
    case nil: return nil
    case .unknown(let reason): return .unknown(reason)
    case .known(.absent): return .known(.absent)
    case .known(.unreadable(let words)): return .known(.unreadable(words))
    case .known(.present(let file)):
      let type: Int =
        switch file.kind {
        case .file: 0o100000
        case .directory: 0o040000
        case .link: 0o120000
        case .block: 0o060000
        case .character: 0o020000
        case .fifo: 0o010000
        case .socket: 0o140000
        }
      var values = Self.values(type | Int(file.mode), path: path)
      values["pw_name"] = .string(file.owner)
      values["gr_name"] = .string(file.group)
      if file.kind == .file { values["size"] = .int(file.size) }
      if let target = file.target { values["lnk_target"] = .string(target) }
      return .known(
        .present(.partial(values, rest: Unknown("an earlier task makes this file"))))
    }
  }

  /// What follows from `st_mode` alone.
  private static func values(_ raw: Int, path: String) -> ValueMap {
    let type = raw & 0o170000
    func has(_ bit: Int) -> Value { .bool(raw & bit != 0) }
    return [
      "exists": true, "path": .string(path),
      "mode": .string(UInt16(truncatingIfNeeded: raw & 0o7777).octal),
      "isdir": .bool(type == 0o040000), "ischr": .bool(type == 0o020000),
      "isblk": .bool(type == 0o060000), "isreg": .bool(type == 0o100000),
      "isfifo": .bool(type == 0o010000), "islnk": .bool(type == 0o120000),
      "issock": .bool(type == 0o140000),
      "wusr": has(0o200), "rusr": has(0o400), "xusr": has(0o100), "wgrp": has(0o020),
      "rgrp": has(0o040), "xgrp": has(0o010), "woth": has(0o002), "roth": has(0o004),
      "xoth": has(0o001), "isuid": has(0o4000), "isgid": has(0o2000),
    ]
  }

  // As Python computes them: whole seconds plus nanoseconds times 1e-9.
  private static func seconds(_ text: Substring) -> Double {
    let parts = text.split(ascii: ".", maxSplits: 1)
    let whole = parts.first.flatMap { Int($0) } ?? 0
    let nanoseconds = parts.count == 2 ? Int(parts[1]) ?? 0 : 0
    return Double(whole) + 1e-9 * Double(nanoseconds)
  }

  // The layout of `dev_t` in glibc.
  private static func device(major: Int, minor: Int) -> Int {
    (major & 0xFFFF_F000) << 32 | (major & 0xFFF) << 8 | (minor & 0xFFFF_FF00) << 12
      | (minor & 0xFF)
  }

  /// The flags of `chattr(1)`, named as results name them.
  private static let attributeNames: [Character: Value] = [
    "a": "append", "A": "noatime", "c": "compressed", "C": "nocow", "d": "nodump", "D": "dirsync",
    "e": "extents", "E": "encrypted", "h": "blocksize", "i": "immutable", "I": "indexed",
    "j": "journalled", "N": "inline", "s": "zero", "S": "synchronous", "t": "notail",
    "T": "blockroot", "u": "undelete", "X": "compressedraw", "Z": "compresseddirty",
  ]
}
