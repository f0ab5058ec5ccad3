import ModuleKit
import Modules
import TestKit
import Testing
import Values

@Suite struct AccountModuleTests {
  struct Row: Sendable {
    var name: String
    var arguments: ValueMap
    var account: Account?
    /// A part of the script that the one step runs; empty for no step.
    var script: String
    var input = ""
  }

  private static let ann = Account(
    entry: UserFact.Entry(
      name: "ann", uid: 1001, gid: 1001, comment: "Ann", home: "/home/ann", shell: "/bin/sh"),
    password: "$6$salt$hash", shortest: 0, longest: 99999, warning: 7, groups: ["app"])

  static let rows: [Row] = [
    Row(name: "unchanged", arguments: ["name": "ann"], account: ann, script: ""),
    Row(
      name: "all as asked",
      arguments: [
        "name": "ann", "uid": 1001, "group": "ann", "groups": ["app"], "comment": "Ann",
        "shell": "/bin/sh", "home": "/home/ann", "password": "$6$salt$hash", "expires": -1,
        "password_expire_max": 99999,
      ], account: ann, script: ""),
    Row(
      name: "new", arguments: ["name": "bob", "shell": "/bin/bash", "groups": ["app"]],
      account: nil, script: "useradd -G app -s /bin/bash -m bob"),
    Row(
      name: "new with a password",
      arguments: ["name": "bob", "password": "$6$a$b", "system": true],
      account: nil, script: "chpasswd -e", input: "bob:$6$a$b\n"),
    Row(
      name: "new in a group", arguments: ["name": "app", "create_home": false], account: nil,
      script: "useradd -N -M app"),
    Row(
      name: "shell and comment",
      arguments: ["name": "ann", "shell": "/bin/bash", "comment": "it's"],
      account: ann, script: "usermod -c 'it'\\''s' -s /bin/bash ann"),
    Row(
      name: "added group", arguments: ["name": "ann", "groups": ["adm"], "append": true],
      account: ann, script: "usermod -a -G adm ann"),
    Row(
      name: "group there already", arguments: ["name": "ann", "groups": ["app"], "append": true],
      account: ann, script: ""),
    Row(
      name: "only that group", arguments: ["name": "ann", "groups": ["adm"]], account: ann,
      script: "usermod -G adm ann"),
    Row(
      name: "no groups", arguments: ["name": "ann", "groups": []], account: ann,
      script: "usermod -G '' ann"),
    Row(
      name: "another password", arguments: ["name": "ann", "password": "$6$x$y"], account: ann,
      script: "chpasswd -e", input: "ann:$6$x$y\n"),
    Row(
      name: "password only when new",
      arguments: ["name": "ann", "password": "$6$x$y", "update_password": "on_create"],
      account: ann, script: ""),
    Row(
      name: "locked", arguments: ["name": "ann", "password_lock": true], account: ann,
      script: "usermod -L ann"),
    Row(
      name: "expires", arguments: ["name": "ann", "expires": 1_422_403_387], account: ann,
      script: "usermod -e 2015-01-28 ann"),
    Row(
      name: "ageing", arguments: ["name": "ann", "password_expire_max": 30], account: ann,
      script: "chage -M 30 ann"),
    Row(
      name: "removed", arguments: ["name": "ann", "state": "absent", "remove": true], account: ann,
      script: "userdel -r ann"),
    Row(
      name: "not there", arguments: ["name": "bob", "state": "absent"], account: nil, script: ""),
  ]

  @Test(arguments: rows.indices)
  func usersComeToWhatIsAsked(index: Int) throws {
    let row = Self.rows[index]
    let module = try UserModule(
      Arguments.check(
        row.arguments.map { ($0.key.string ?? "", $0.value, nil) }, for: UserModule.specification,
        at: nil))
    var table = FactTable()
    let name = row.arguments["name"]?.string ?? ""
    table.set(.known(row.account, line: ""), for: AccountFact(name))
    for (group, gid) in [("app", 50), ("adm", 4), ("ann", 1001)] {
      table.set(
        .known(GroupFact.Entry(name: group, gid: gid, members: []), line: ""), for: GroupFact(group)
      )
    }
    table.set(.known(nil, line: ""), for: GroupFact("bob"))
    let outcome = try module.plan(HostView(table: table))
    guard case .steps(let steps, _) = outcome, case .run(let run)? = steps.first else {
      #expect(row.script.isEmpty)
      guard case .done(let result) = outcome else { return }
      #expect(!result.isChanged)
      return
    }
    #expect(steps.count == 1)
    #expect(!row.script.isEmpty)
    #expect(run.script.text.contains(row.script), "\(run.script.text)")
    #expect(String(decoding: run.input, as: UTF8.self) == row.input)
    #expect(!run.script.text.contains("$6$"))
    // In a plan the step makes the module content.
    if case .makes(let facts) = run.effect { for fact in facts { fact.imagine(in: &table) } }
    let view = HostView(table: table, outputs: [.known(.init(status: 0))])
    guard case .done(let result) = try module.plan(view) else {
      Issue.record("the plan does not end")
      return
    }
    #expect(result.isChanged)
  }

  @Test func aMissingGroupAndAFailingToolAreSaid() throws {
    let module = try UserModule(
      Arguments(["name": "ann", "group": "nowhere", "update_password": "always"]))
    var table = FactTable()
    table.set(.known(nil, line: ""), for: AccountFact("ann"))
    table.set(.known(nil, line: ""), for: GroupFact("ann"))
    table.set(.known(nil, line: ""), for: GroupFact("nowhere"))
    #expect(throws: Interruption.self) { try module.plan(HostView(table: table)) }
    let failed = HostView(
      table: table, outputs: [.known(.init(status: 9, stderr: Array("no\n".utf8)))])
    do {
      _ = try module.plan(failed)
    } catch {
      guard case .failed(let failure) = error else { return }
      #expect(failure.message == "no")
      #expect(failure.values["rc"] == 9)
    }
  }

  @Test(arguments: ScratchShell.shells)
  func accountsAndGroupsAreReadInEveryShell(shell name: String) throws {
    let shell = ScratchShell(name)
    let lines = shell.run(AccountFact.script([AccountFact("root"), AccountFact("nobody-here")]))
      .split(separator: "\n")
    #expect(lines.count == 2)
    let root = AccountFact("root").parse(lines[0])
    #expect(root?.entry.uid == 0)
    #expect(root?.entry.home == "/root")
    #expect(root?.hasHome == true)
    #expect(lines.last == "-")
    let unchanged = try ModuleRun(UserModule.self, ["name": "root"], on: shell)
    #expect(unchanged.result?.isChanged == false)
    #expect(unchanged.rounds == 2)
    let group = try ModuleRun(GroupModule.self, ["name": "root", "gid": 0], on: shell)
    #expect(group.result?.values["gid"] == 0)
    #expect(group.rounds == 2)
    let plan = try ModuleRun(
      GroupModule.self, ["name": "omtd-new", "system": true], on: shell, isPlan: true)
    #expect(plan.result?.isChanged == true)
    let ping = try ModuleRun(PingModule.self, ["data": "x"], on: shell)
    #expect(ping.result?.values["ping"] == "x")
    let host = try ModuleRun(
      HostNameModule.self, ["name": "omtd-x.example"], on: shell, isPlan: true)
    #expect(host.result?.values["ansible_facts"]?["ansible_hostname"] == "omtd-x")
    let cron = try ModuleRun(
      CronModule.self, ["name": "j", "job": "true", "user": "root"], on: shell, isPlan: true)
    if cron.failure == nil { #expect(cron.result?.values["jobs"] == ["j"]) }
  }
}
