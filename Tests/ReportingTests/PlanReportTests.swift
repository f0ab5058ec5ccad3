import Diagnostics
import ModuleKit
import Reporting
import Running
import Testing
import Values

@Suite struct PlanReportTests {
  private static func changed(
    _ host: String, _ task: TaskHeader, _ rows: [ChangeRow], items: [ItemResult]? = nil
  ) -> Event {
    .taskFinished(
      host: host, task,
      TaskResult(status: .changed, values: ["changed": true], items: items, rows: rows))
  }

  private static func row(_ after: String) -> ChangeRow {
    ChangeRow(kind: .change, diffs: [.text(path: "/x", before: "a\n", after: after)], labels: [])
  }

  private static func text(_ events: [Event], _ counts: PlanCounts, hosts: [String]) -> String {
    var plan = PlanReport(renderer: Samples.renderer)
    for event in events { plan.take(event) }
    plan.take(
      .runFinished(
        Recap(hosts: hosts.map { ($0, HostStats()) }, planned: counts, exitCode: 0)))
    return plan.text(style: Style())
  }

  @Test("Rows of equal effect stand once, with all their hosts")
  func grouping() {
    var counts = PlanCounts()
    (counts.changes, counts.opaque, counts.conditional, counts.unchanged) = (3, 1, 1, 2)
    let copy = Samples.task(1, "Copy files")
    let run = Samples.task(2, "Run", module: "command")
    let opaque = ChangeRow(kind: .opaque, diffs: [], labels: ["run make"])
    let open = ChangeRow(kind: .conditional, diffs: [], labels: [], reason: "`out.rc`")
    let text = Self.text(
      [
        Self.changed("a", copy, [Self.row("b\n")]), Self.changed("b", copy, [Self.row("c\n")]),
        Self.changed("c", copy, [Self.row("b\n")]), Self.changed("a", run, [opaque]),
        Self.changed("b", run, [open]),
      ], counts, hosts: ["a", "b", "c"])
    #expect(
      text == """

        Copy files   copy   site.yaml:5:7
          ~ a, c
            --- before: /x
            +++ after: /x
            @@ -1 +1 @@
            -a
            +b
          ~ b
            --- before: /x
            +++ after: /x
            @@ -1 +1 @@
            -a
            +c

        Run   command   site.yaml:5:7
          ! a
            run make
          ? b
            (known after apply: `out.rc`)

        Plan: 3 to change, 1 that run and cannot be predicted (!), 1 known after apply (?), 2 unchanged, on 3 hosts.

        """)
  }

  @Test("All lines of a diff are indented, those that stay the same too")
  func context() {
    let diffs: [Diff] = [
      .text(path: "/x", before: "    a\nb\n", after: "    a\nc\n"),
      .attributes(path: "/x", before: ["mode": "0600"], after: ["mode": "0644"]),
    ]
    let row = ChangeRow(kind: .change, diffs: diffs, labels: [])
    let text = Self.text(
      [Self.changed("a", Samples.task(1, "Copy files"), [row])], PlanCounts(), hosts: ["a"])
    #expect(
      text.split(separator: "\n").dropFirst(2).prefix(8).joined(separator: "\n") == """
            --- before: /x
            +++ after: /x
            @@ -1,2 +1,2 @@
                 a
            -b
            +c
            /x
              mode: 0600 -> 0644
        """)
  }

  @Test("Items of a loop are rows of their own, equal ones of several hosts together")
  func items() {
    var counts = PlanCounts()
    counts.changes = 4
    func item(_ label: Value) -> ItemResult {
      ItemResult(
        status: .changed, values: [:], label: label,
        rows: [ChangeRow(kind: .change, diffs: [], labels: ["write /x"])])
    }
    let task = Samples.task()
    let text = Self.text(
      ["a", "b"].map { Self.changed($0, task, [], items: [item("one"), item(["k": 2])]) }, counts,
      hosts: ["a", "b"])
    #expect(
      text == """

        Copy files   copy   site.yaml:5:7
          ~ a, b (item=one)
            write /x
          ~ a, b (item={'k': 2})
            write /x

        Plan: 4 to change, 0 unchanged, on 2 hosts.

        """)
  }

  @Test("What a host has twice stands twice, each with all its hosts")
  func repeated() {
    let row = ChangeRow(kind: .opaque, diffs: [], labels: ["run make"])
    let text = Self.text(
      ["a", "b", "c"].map { Self.changed($0, Samples.task(), $0 == "c" ? [row] : [row, row]) },
      PlanCounts(), hosts: ["a", "b", "c"])
    #expect(
      text.hasPrefix(
        """

        Copy files   copy   site.yaml:5:7
          ! a, b, c
            run make
          ! a, b
            run make

        """), "\(text)")
  }

  /// Where each row looked through all before it, this took ten minutes.
  @Test("Many rows are taken in a time that grows with their number", .timeLimit(.minutes(1)))
  func many() {
    var plan = PlanReport(renderer: Samples.renderer)
    let task = Samples.task()
    for host in 0..<600 {
      let rows = (0..<100).map { ChangeRow(kind: .change, diffs: [], labels: ["\(host) \($0)"]) }
      plan.take(Self.changed("h\(host)", task, rows))
    }
    #expect(plan.hasChanges)
    #expect(plan.text(style: Style()).contains("  ~ h599\n    599 99\n"))
  }

  @Test("Names of a plan are one line each, of which a terminal obeys nothing")
  func names() {
    let task = Samples.task(1, "got \u{1B}[31mRED\n::error::boo")
    let failed = TaskResult(status: .failed, values: ["msg": "no"])
    var counts = PlanCounts()
    counts.changes = 1
    let text = Self.text(
      [
        Self.changed("a\n::error::a", task, [Self.row("b\n")]),
        .taskFinished(host: "a\n::error::a", task, failed),
      ], counts, hosts: ["a"])
    #expect(
      text == #"""

        got \x1b[31mRED ::error::boo   copy   site.yaml:5:7
          ~ a ::error::a
            --- before: /x
            +++ after: /x
            @@ -1 +1 @@
            -a
            +b

        error: task would fail on `a ::error::a`, task "got \x1b[31mRED ::error::boo"
          message: no
          --> site.yaml:5:7

        Plan: 1 to change, 0 unchanged, on 1 host.

        """#)
  }

  @Test("Without rows there is nothing to do")
  func nothing() {
    #expect(
      Self.text([Samples.finished("a")], PlanCounts(), hosts: ["a"])
        == "\nNo changes. The host matches the playbook.\n")
    #expect(
      Self.text([], PlanCounts(), hosts: ["a", "b"])
        == "\nNo changes. All 2 hosts match the playbook.\n")
    #expect(Self.text([], PlanCounts(), hosts: []) == "\nNo host is in this plan.\n")
  }

  @Test("A failure is told with its message, a host that is away as unknown")
  func failures() {
    var counts = PlanCounts()
    counts.changes = 1
    let failed = TaskResult(status: .failed, values: ["msg": "no such file"])
    let lost = TaskResult(status: .unreachable, values: ["msg": "timed out"])
    let task = Samples.task()
    let text = Self.text(
      [.taskFinished(host: "a", task, failed), .taskFinished(host: "b", task, lost)], counts,
      hosts: ["a", "b"])
    #expect(
      text == """

        error: task would fail on `a`, task "Copy files"
          message: no such file
          --> site.yaml:5:7

        error: host is unreachable: `b`, task "Copy files"
          message: timed out
          --> site.yaml:5:7

        Plan: 1 to change, 0 unchanged, on 2 hosts. Unreachable, so unknown: b.

        """)
  }
}
