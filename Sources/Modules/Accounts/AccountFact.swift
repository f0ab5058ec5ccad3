import ModuleKit
import Values

/// An account with all that `user` compares: what `shadow` tells is empty where it cannot be read.
package struct Account: Hashable, Sendable {
  package var entry: UserFact.Entry
  /// The hash, with `!` before it while it is locked.
  package var password: String
  package var shortest: Int?
  package var longest: Int?
  package var warning: Int?
  package var inactive: Int?
  /// Days since 1970; nil for never.
  package var expires: Int?
  /// The groups that name it as a member, the primary one only if it does so too.
  package var groups: [String]
  package var hasHome: Bool

  package init(
    entry: UserFact.Entry, password: String = "", shortest: Int? = nil, longest: Int? = nil,
    warning: Int? = nil, inactive: Int? = nil, expires: Int? = nil, groups: [String] = [],
    hasHome: Bool = true
  ) {
    self.entry = entry
    self.password = password
    self.shortest = shortest
    self.longest = longest
    self.warning = warning
    self.inactive = inactive
    self.expires = expires
    self.groups = groups
    self.hasHome = hasHome
  }
}

/// The account of that name, nil if there is none.
package struct AccountFact: Fact {
  package let name: String

  package init(_ name: String) { self.name = name }

  // The line is the entry of `passwd` (7 fields), of `shadow` (9), the groups, and whether the home
  // is there, all parted by colons, which none of them can hold.
  private static let function = ShellScript(
    verbatim: #"""
      omtd_accounts() {
       omtd_found passwd "$@"
       if command -v getent >/dev/null 2>&1; then omtd_e=$(getent group); omtd_s=$(getent shadow "$@" 2>/dev/null)
       else omtd_e=$(cat /etc/group); omtd_s=$(cat /etc/shadow 2>/dev/null); fi
       omtd_ifs=$IFS; IFS=$omtd_nl; set -f
       for omtd_t in $omtd_a; do
        omtd_p=$1; shift; case $omtd_t in "$omtd_p":*) ;; *) echo -; continue;; esac
        omtd_k=::::::::
        for omtd_h in $omtd_s; do case $omtd_h in "$omtd_p":*:*:*:*:*:*:*:*) omtd_k=$omtd_h; break;; esac; done
        omtd_g=
        for omtd_x in $omtd_e; do
         case ,${omtd_x##*:}, in *,"$omtd_p",*) omtd_g=$omtd_g,${omtd_x%%:*};; esac
        done
        omtd_h=${omtd_t%:*}; omtd_h=${omtd_h##*:}; if [ -e "$omtd_h" ]; then omtd_h=y; else omtd_h=n; fi
        printf '%s:%s:%s:%s\n' "$omtd_t" "$omtd_k" "${omtd_g#,}" "$omtd_h"
       done
       set +f; IFS=$omtd_ifs
      }

      """#)

  package static let isContained = true

  package static func script(_ batch: [AccountFact]) -> ShellScript {
    function + "omtd_accounts \(words: batch.map(\.name))"
  }

  package func parse(_ line: Substring) -> Account? {
    let parts = line.split(ascii: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 18, let uid = Int(parts[2]), let gid = Int(parts[3]) else { return nil }
    return Account(
      entry: UserFact.Entry(
        name: parts[0], uid: uid, gid: gid, comment: parts[4], home: parts[5], shell: parts[6]),
      password: parts[8], shortest: Int(parts[10]), longest: Int(parts[11]),
      warning: Int(parts[12]), inactive: Int(parts[13]), expires: Int(parts[14]),
      groups: parts[16].split(separator: ",").map(String.init), hasHome: parts[17] == "y")
  }
}

/// The SSH key that a `user` task wants to exist.
struct SSHKeyRequest: Sendable {
  let fact: SSHKeyFact
  let isForced: Bool
  private let bits: Int?
  private let type: String
  private let comment: String?
  private let passphrase: String?

  init(_ arguments: Arguments, user: String) {
    type = arguments.text("ssh_key_type") ?? "rsa"
    fact = SSHKeyFact(user: user, file: arguments.text("ssh_key_file") ?? ".ssh/id_\(type)")
    isForced = arguments.flag("force")
    bits = arguments.number("ssh_key_bits").flatMap { $0 > 0 ? $0 : nil }
    comment = arguments.text("ssh_key_comment")
    passphrase = arguments.text("ssh_key_passphrase")
  }

  func run(_ found: SSHKeyFact.Reading) -> Run {
    let size: ShellScript = bits.map { "-b \($0) " } ?? ""
    let label: ShellScript = comment.map { "\($0)" } ?? "\"ansible-generated on $(uname -n)\""
    let owner: ShellScript = "\"$(id -u \(fact.user)):$(id -g \(fact.user))\""
    let directory = RemotePath.parent(of: found.path) ?? "/"
    // A passphrase goes by `SSH_ASKPASS`, which reads it from the environment, never by arguments.
    let ask: ShellScript =
      passphrase == nil
      ? ""
      : """
      IFS= read -r OMTD_PASS; export OMTD_PASS; omtd_a=$(mktemp) || exit 1
      printf '#!/bin/sh\\nprintf "%%s\\\\n" "$OMTD_PASS"\\n' >"$omtd_a"; chmod 700 "$omtd_a"
      SSH_ASKPASS=$omtd_a; SSH_ASKPASS_REQUIRE=force; DISPLAY=:; export SSH_ASKPASS SSH_ASKPASS_REQUIRE DISPLAY

      """
    let empty: ShellScript = passphrase == nil ? " -N ''" : ""
    let forget: ShellScript =
      passphrase == nil ? "" : "; omtd_r=$?; rm -f \"$omtd_a\"; ( exit $omtd_r )"
    let made = SSHKeyFact.Reading(path: found.path, exists: true)
    return Run(
      "ssh-keygen for \(fact.user)",
      """
      \(script: ask)[ -d \(directory) ] || { mkdir -m 700 -- \(directory) && chown -- \(script: owner) \(directory); } || exit 1
      rm -f -- \(found.path) \(found.path + ".pub")
      ssh-keygen -q -t \(type) \(script: size)-C \(script: label) -f \(found.path)\(script: empty) </dev/null\(script: forget) || exit
      chown -- \(script: owner) \(found.path) \(found.path + ".pub")
      """, input: passphrase.map { Array("\($0)\n".utf8) } ?? [],
      effect: .makes([.becomes(fact, made)]), deadline: .seconds(300))
  }
}

/// A key file of a user, below the home unless absolute.
package struct SSHKeyFact: Fact {
  package let user: String
  package let file: String

  package init(user: String, file: String) {
    self.user = user
    self.file = file
  }

  func path(below home: String) -> String {
    file.utf8.first == UInt8(ascii: "/") ? file : home + "/" + file
  }

  package struct Reading: Hashable, Sendable {
    package var path: String
    package var exists: Bool
    /// As `ssh-keygen -l` prints it; nil for a key that a plan imagines.
    package var fingerprint: String?
    package var publicKey: String?

    package init(
      path: String, exists: Bool, fingerprint: String? = nil, publicKey: String? = nil
    ) {
      self.path = path
      self.exists = exists
      self.fingerprint = fingerprint
      self.publicKey = publicKey
    }
  }

  package static func script(_ batch: [SSHKeyFact]) -> ShellScript {
    let function = ShellScript(
      verbatim: #"""
        omtd_key() {
         omtd_k=$2
         case $2 in /*) ;; *) omtd_entry passwd "$1"; omtd_k=${omtd_t:--}; omtd_k=${omtd_k%:*}; omtd_k=${omtd_k##*:}; [ "$omtd_k" != - ] || omtd_k=/home/$1; omtd_k=$omtd_k/$2;; esac
         omtd_e=n; omtd_f=; omtd_g=
         if [ -e "$omtd_k" ]; then
          omtd_e=y; omtd_f=$(ssh-keygen -l -f "$omtd_k" 2>&1 | omtd_b64)
          [ ! -r "$omtd_k.pub" ] || omtd_g=$(base64 <"$omtd_k.pub" | tr -d '\n')
         fi
         printf '%s|%s|%s|%s\n' "$omtd_e" "$omtd_f" "$omtd_g" "$omtd_k"
        }

        """#)
    return function + .lines(batch.map { "omtd_key \($0.user) \($0.file)" })
  }

  package func parse(_ line: Substring) -> Reading {
    let parts = line.split(ascii: "|", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4 else { return Reading(path: file, exists: false) }
    func text(_ part: Substring) -> String {
      let text = String(decoding: Base64.bytes(part) ?? [], as: UTF8.self)
      return Crontab.trimmingLineEnds(text)
    }
    return Reading(
      path: String(parts[3]), exists: parts[0] == "y", fingerprint: text(parts[1]),
      publicKey: text(parts[2]))
  }
}
