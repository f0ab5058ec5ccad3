import Diagnostics
import ModuleKit
import Reporting
import Running
import Testing
import Values

/// Texts in the form of ansible-playbook 2.19 for the same events, where it has them.
@Suite struct PlainReportTests {
  private static let canary = "C4NARY"

  /// Event and the text for it on standard output; they are 30 columns wide, which Ansible counts as 29.
  private static let rows: [(event: Event, text: String)] = [
    (
      .playStarted(PlayHeader(name: "web", hosts: ["a"], location: Samples.place)),
      "\nPLAY [web] *******************\n"
    ),
    (
      .playSkipped(PlayHeader(name: "web", hosts: [], location: Samples.place)),
      "\nPLAY [web] *******************\nskipping: no hosts matched\n"
    ),
    (.taskStarted(Samples.task()), "\nTASK [Copy files] ************\n"),
    (
      .taskStarted(Samples.task(1, "A name that is as long as the line")),
      "\nTASK [A name that is as long as the line] ***\n"
    ),
    (Samples.started("a"), ""),
    (Samples.finished("a"), "ok: [a]\n"),
    (Samples.finished("a", Samples.task(), .changed), "changed: [a]\n"),
    (Samples.finished("a", Samples.task(), .skipped), "skipping: [a]\n"),
    (
      Samples.finished("a", Samples.task(), .failed),
      "fatal: [a]: FAILED! => {\"changed\": false}\n"
    ),
    (
      Samples.finished("a", Samples.task(), .ignored),
      "fatal: [a]: FAILED! => {\"changed\": false}\n...ignoring\n"
    ),
    (
      Samples.finished("a", Samples.task(), .unreachable),
      "fatal: [a]: UNREACHABLE! => {\"changed\": false}\n"
    ),
    (
      .taskFinished(
        host: "a", Samples.task(), TaskResult(status: .ok, values: [:], delegate: Delegate("b"))),
      "ok: [a -> b]\n"
    ),
    (
      .taskFinished(
        host: "a", Samples.task(1, "Say", module: "debug"),
        TaskResult(
          status: .ok,
          values: ["changed": false, "msg": "hello", "failed": false, "skipped": false])),
      "ok: [a] => {\n    \"msg\": \"hello\"\n}\n"
    ),
    (
      .itemFinished(
        host: "a", Samples.task(),
        ItemResult(status: .changed, values: ["changed": true], label: "one")),
      "changed: [a] => (item=one)\n"
    ),
    (
      .itemFinished(
        host: "a", Samples.task(),
        ItemResult(status: .ok, values: [:], label: ["name": "x", "size": 3])),
      "ok: [a] => (item={'name': 'x', 'size': 3})\n"
    ),
    (
      .itemFinished(
        host: "a", Samples.task(), ItemResult(status: .skipped, values: [:], label: "one")),
      "skipping: [a] => (item=one) \n"
    ),
    (
      .itemFinished(
        host: "a", Samples.task(),
        ItemResult(status: .failed, values: ["msg": "no", "changed": false], label: "one")),
      "failed: [a] (item=one) => {\"changed\": false, \"msg\": \"no\"}\n"
    ),
    (
      .retrying(
        host: "a", Samples.task(), attemptsLeft: 2, ItemResult(status: .failed, values: [:])),
      "FAILED - RETRYING: [a]: Copy files (2 retries left).\n"
    ),
    (
      .included(Included(path: "/p/more.yaml", hosts: ["a", "b"]), Samples.task()),
      "included: /p/more.yaml for a, b\n"
    ),
    (
      .included(
        Included(path: "/p/more.yaml", hosts: ["a"], label: ["name": "x"]), Samples.task()),
      "included: /p/more.yaml for a => (item={'name': 'x'})\n"
    ),
    (
      .included(
        Included(path: "/p/more.yaml", hosts: ["a"], label: "x", isHidden: true), Samples.task()),
      "included: /p/more.yaml for a => (item=(hidden: no_log))\n"
    ),
    (.noMoreHosts, "\nNO MORE HOSTS LEFT ***********\n"),
  ]

  @Test("Each event has its lines", arguments: rows.indices)
  func lines(_ index: Int) {
    let row = Self.rows[index]
    let report = PlainReport(width: 29, renderer: Samples.renderer)
    #expect(Samples.text([row.event], report) == row.text)
  }

  /// As a host may print it: a colour, a line that a CI takes for a command, and text that runs
  /// backwards.
  private static let printed = "a\u{1B}[31mRED\r\n::error::boo\u{202E}\n"
  private static let tamed = #"a\x1b[31mRED\x0d ::error::boo"#

  private static let printedRows: [(event: Event, text: String)] = [
    (
      .playStarted(PlayHeader(name: printed, hosts: ["a"], location: Samples.place)),
      "\nPLAY [\(tamed)] ***\n"
    ),
    (.taskStarted(Samples.task(1, "got " + printed)), "\nTASK [got \(tamed)] ***\n"),
    (
      .retrying(
        host: "a", Samples.task(1, printed), attemptsLeft: 1,
        ItemResult(status: .failed, values: [:])),
      "FAILED - RETRYING: [a]: \(tamed) (1 retries left).\n"
    ),
    (Samples.finished(printed, Samples.task(), .skipped), "skipping: [\(tamed)]\n"),
    (
      .taskFinished(
        host: "a", Samples.task(),
        TaskResult(status: .ok, values: [:], delegate: Delegate("b\n::error::b"))),
      "ok: [a -> b ::error::b]\n"
    ),
    (
      .itemFinished(
        host: "a", Samples.task(),
        ItemResult(status: .ok, values: [:], label: "one\n::error::two")),
      #"ok: [a] => (item=one\n::error::two)"# + "\n"
    ),
    (
      .included(Included(path: "/p\n::error::x.yaml", hosts: ["a\nb"]), Samples.task()),
      "included: /p ::error::x.yaml for a b\n"
    ),
  ]

  @Test(
    "Names made of what a host printed are one line, of which a terminal obeys nothing",
    arguments: printedRows.indices)
  func printed(_ index: Int) {
    let row = Self.printedRows[index]
    let report = PlainReport(width: 5, renderer: Samples.renderer)
    #expect(Samples.text([row.event], report) == row.text)
  }

  @Test("The recap lists hosts with their counts in columns")
  func recap() {
    var first = HostStats()
    (first.ok, first.changed, first.failed) = (12, 3, 1)
    let text = Samples.text([
      Samples.recap([("a", first), ("a-host-whose-name-is-rather-long", HostStats())], code: 2)
    ])
    #expect(
      text == """

        PLAY RECAP *********************************************************************
        a                          : ok=12   changed=3    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0   
        a-host-whose-name-is-rather-long : ok=0    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0   


        """)
  }

  @Test("Diffs stand before the line of their result, if they are asked for")
  func diff() {
    let result = TaskResult(
      status: .changed, values: ["changed": true],
      rows: [
        ChangeRow(
          kind: .change,
          diffs: [
            .text(path: "/etc/x", before: "a\nb\n", after: "a\nc\u{7}\n"),
            .attributes(path: "/etc/x", before: ["mode": "0644"], after: ["mode": "0600"]),
            .hidden(path: "/etc/y", reason: "secret"),
          ], labels: [])
      ])
    let event = Event.taskFinished(host: "a", Samples.task(), result)
    #expect(Samples.text([event]) == "changed: [a]\n")
    let shown = Samples.text([event], PlainReport(showsDiffs: true, renderer: Samples.renderer))
    #expect(
      shown == """
        --- before: /etc/x
        +++ after: /etc/x
        @@ -1,2 +1,2 @@
         a
        -b
        +c\\x07

            /etc/x
              mode: 0644 -> 0600

            /etc/y: content not shown (secret)

        changed: [a]

        """)
  }

  @Test("Of a hidden result neither report, JSON nor plan shows anything", arguments: 0..<6)
  func hidden(_ index: Int) {
    let status: Status = [.ok, .changed, .skipped, .failed, .ignored, .unreachable][index]
    let task = Samples.task(1, "Quiet", module: "debug")
    let values: ValueMap = ["msg": .string(Self.canary), "changed": true]
    let change = ChangeRow(
      kind: .change, item: Self.canary,
      diffs: [.text(path: "/x", before: "", after: Self.canary)], labels: ["run \(Self.canary)"])
    let open = ChangeRow(
      kind: .conditional, item: Self.canary, diffs: [], labels: [], reason: Self.canary)
    var item = ItemResult(
      status: status, values: values, label: .string(Self.canary), item: .string(Self.canary),
      rows: [change, open], isHidden: true)
    item.diagnostic = .error(Self.canary, at: Samples.place)
    item.warnings = [Self.canary]
    let single = TaskResult(
      status: status, values: values, rows: [change, open], warnings: [Self.canary],
      isHidden: true, diagnostic: item.diagnostic)
    var looped = single
    looped.items = [item]
    looped.values = ["results": [.map(values)]]
    var empty = looped
    empty.values = ["results": [], "msg": .string(Self.canary)]
    var report = PlainReport(
      verbosity: 3, showsDiffs: true, renderer: Samples.renderer)
    var written: [String] = []
    var json = JSONLines()
    var plan = PlanReport(renderer: Samples.renderer)
    for event in [
      Event.taskStarted(task), .itemFinished(host: "a", task, item),
      .retrying(host: "a", task, attemptsLeft: 1, item), .taskFinished(host: "a", task, looped),
      .taskFinished(host: "a", task, single), .taskFinished(host: "b", task, empty),
    ] {
      let text = report.text(of: event)
      written += [text.out, text.err]
      written += [json.line(of: event) ?? ""]
      plan.take(event)
    }
    written += [plan.text(style: Style())]
    for text in written { #expect(!text.contains(Self.canary)) }
    #expect(written.joined().contains("Quiet"))
  }

  @Test("A hidden result says so, and whether it changed something")
  func censored() {
    let result = TaskResult(
      status: .failed, values: ["changed": true, "msg": "x"], isHidden: true)
    let text = Samples.text([.taskFinished(host: "a", Samples.task(), result)])
    #expect(text.hasPrefix("fatal: [a]: FAILED! => {\"censored\": \"hidden: the task has"))
    #expect(text.hasSuffix("\"changed\": true}\n"))
    let item = ItemResult(status: .ok, values: [:], label: "x", isHidden: true)
    #expect(
      Samples.text([.itemFinished(host: "a", Samples.task(), item)])
        == "ok: [a] => (item=(hidden: no_log))\n")
  }
}
