@preconcurrency import Glibc
import ModuleKit
import Modules
import TestKit
import Testing
import Values

/// On a host whose `ssh` command line is in `OMTD_TEST_SSH`, which may be changed at will.
@Suite(.serialized, .enabled(if: getenv("OMTD_TEST_SSH") != nil))
struct LiveHostTests {
  private let shell = ScratchShell(getenv("OMTD_TEST_SSH").map { String(cString: $0) } ?? "")

  /// Applies twice: changed, then not, in two rounds.
  @discardableResult
  private func settle<M: Module>(_ type: M.Type, _ arguments: ValueMap) throws -> ValueMap {
    let first = try ModuleRun(type, arguments, on: shell)
    let id: Comment = "\(M.specification.name) \(JSON.text(.map(arguments)))"
    #expect(first.failure == nil, id)
    #expect(first.result?.isChanged == true, id)
    let second = try ModuleRun(type, arguments, on: shell)
    #expect(second.failure == nil, id)
    #expect(second.result?.isChanged == false, id)
    #expect(second.rounds == 2, id)
    return first.result?.values ?? [:]
  }

  @Test func groupsAndUsersAreMadeChangedAndRemoved() throws {
    try settle(GroupModule.self, ["name": "omtdg", "gid": 4321])
    try settle(GroupModule.self, ["name": "omtdg", "gid": 4322])
    let made = try settle(
      UserModule.self,
      [
        "name": "omtdu", "uid": 4321, "groups": ["omtdg"], "shell": "/bin/bash",
        "comment": "It's me", "home": "/srv/deep/omtdu", "password": "$6$abcdefgh$x",
        "expires": 1_922_403_387, "password_expire_max": 90, "generate_ssh_key": true,
        "ssh_key_type": "ed25519",
      ])
    #expect(made["uid"] == 4321)
    #expect(made["home"] == "/srv/deep/omtdu")
    #expect(made["ssh_public_key"]?.string?.hasPrefix("ssh-ed25519 ") == true)
    #expect(
      shell.run("getent shadow omtdu | cut -d: -f2,5,8; id -nG omtdu; stat -c %U /srv/deep/omtdu")
        == "$6$abcdefgh$x:90:22250\nomtdu omtdg\nomtdu\n")
    try settle(UserModule.self, ["name": "omtdu", "groups": ["adm"], "append": true])
    try settle(UserModule.self, ["name": "omtdu", "groups": []])
    try settle(UserModule.self, ["name": "omtdu", "password_lock": true])
    try settle(UserModule.self, ["name": "omtdu", "password_lock": false])
    try settle(UserModule.self, ["name": "omtdu", "home": "/srv/other", "move_home": true])
    try settle(UserModule.self, ["name": "omtdu", "expires": -1, "shell": "/bin/sh"])
    shell.run("rm -rf /srv/other")
    try settle(UserModule.self, ["name": "omtdu"])
    try settle(
      UserModule.self,
      [
        "name": "omtdu", "generate_ssh_key": true, "ssh_key_file": ".ssh/other",
        "ssh_key_passphrase": "secret words", "ssh_key_type": "ed25519",
      ])
    #expect(
      shell.run("ssh-keygen -y -P 'secret words' -f /srv/other/.ssh/other | cut -c1-11")
        == "ssh-ed25519\n")
    try settle(UserModule.self, ["name": "omtdu", "state": "absent", "remove": true])
    try settle(GroupModule.self, ["name": "omtdg", "state": "absent"])
    let failed = try ModuleRun(GroupModule.self, ["name": "omtdh", "gid": 0], on: shell)
    #expect(failed.failure?.values["rc"] == 4)
  }

  @Test func hostNamesAndCrontabsAreSet() throws {
    let old = shell.run("uname -n").split(separator: "\n").first.map(String.init) ?? ""
    try settle(HostNameModule.self, ["name": "omtd-test"])
    try settle(HostNameModule.self, ["name": .string(old)])
    guard shell.run("command -v crontab").contains("crontab") else { return }
    try settle(CronModule.self, ["name": "j", "job": "true", "minute": "5"])
    try settle(CronModule.self, ["name": "j", "job": "true", "user": "root", "backup": true])
    try settle(CronModule.self, ["name": "MAILTO", "env": true, "job": "x"])
    #expect(shell.run("crontab -l") == "MAILTO=\"x\"\n#Ansible: j\n* * * * * true\n")
    try settle(CronModule.self, ["name": "j", "state": "absent"])
    shell.run("crontab -r")
  }
}
