import TestKit
import Testing
import Values

/// Steps that were planned on what another host has changed meanwhile are planned again.
@Suite struct GuardTests {
  private static let count = 8

  @Test("Eight hosts that add a line each to one file of another machine lose none")
  func concurrentEdits() async throws {
    let scratch = ScratchFolder()
    let hosts = (1...Self.count).map { "n\($0) ansible_connection=local" }
    try Files.write(
      "[nodes]\n" + hosts.joined(separator: "\n") + "\n[third]\nt ansible_connection=local\n",
      to: scratch.path + "/hosts")
    try Files.write(
      """
      - hosts: nodes
        gather_facts: false
        tasks:
          - name: Add a line of its own
            lineinfile:
              path: \(scratch.path)/shared
              line: "{{ inventory_hostname }}"
              create: true
            delegate_to: t

      """, to: scratch.path + "/site.yaml")
    let said = try await Command(
      words: [Files.binary, "apply", "--yes", "-i", "hosts", "site.yaml"], folder: scratch.path
    ).run()
    #expect(said.status == 0, "\(said.stdout)")
    let lines = try Files.text(scratch.path + "/shared").split(separator: "\n").map(String.init)
    #expect(lines.sorted() == (1...Self.count).map { "n\($0)" })
  }

  @Test("Eight names of one machine that add a line each to one file lose none")
  func manyNamesOfOneMachine() async throws {
    let scratch = ScratchFolder()
    let hosts = (1...Self.count).map { "n\($0) ansible_connection=local\n" }
    try Files.write(hosts.joined(), to: scratch.path + "/hosts")
    try Files.write(
      """
      - hosts: all
        gather_facts: false
        tasks:
          - name: Add a line of its own
            lineinfile:
              path: \(scratch.path)/shared
              line: "{{ inventory_hostname }}"
              create: true

      """, to: scratch.path + "/site.yaml")
    let said = try await Command(
      words: [Files.binary, "apply", "--yes", "-i", "hosts", "site.yaml"], folder: scratch.path
    ).run()
    #expect(said.status == 0, "\(said.stdout)")
    let lines = try Files.text(scratch.path + "/shared").split(separator: "\n").map(String.init)
    #expect(lines.sorted() == (1...Self.count).map { "n\($0)" })
  }

  @Test("A task with check_mode in apply imagines accounts too, and leaves nothing behind")
  func checkModeOfOneTask() async throws {
    let scratch = ScratchFolder()
    try Files.write(
      """
      - hosts: localhost
        gather_facts: false
        tasks:
          - name: Would be made
            group: {name: omtd-never-made}
            check_mode: true
            register: made
          - name: Shows
            assert: {that: made is changed}
          - name: Is not there
            command: getent group omtd-never-made
            register: there
            changed_when: false
            failed_when: there.rc == 0

      """, to: scratch.path + "/site.yaml")
    let said = try await Command(
      words: [Files.binary, "apply", "--yes", "-i", "localhost,", "-c", "local", "site.yaml"],
      folder: scratch.path
    ).run()
    #expect(said.status == 0, "\(said.stdout)\(said.stderr)")
  }
}
