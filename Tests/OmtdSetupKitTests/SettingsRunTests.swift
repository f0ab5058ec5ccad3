import TestKit
import Testing

/// Settings of `ansible.cfg` as they act on a run. What is expected was read off ansible-core 2.19
/// running the same project.
@Suite struct SettingsRunTests {
  private static let settings = """
    [defaults]
    inventory = hosts
    gathering = explicit
    hash_behaviour = merge
    display_skipped_hosts = false
    retry_files_enabled = true
    log_path = run.log
    ansible_managed = Managed by us
    filter_plugins = ./python
    nocows = 1

    [ssh_connection]
    pipelining = True
    control_path = /tmp/none

    [diff]
    always = yes

    """

  private static let playbook = """
    - hosts: all
      vars: {d: {c: 3}}
      tasks:
        - debug: var=d
        - name: only skipped
          debug: msg=x
          when: false
        - name: one skipped
          debug: msg=y
          when: inventory_hostname == 'l2'
        - debug: msg="{{ ansible_hostname | default('no facts') }}"
        - template: {src: t.j2, dest: "{{ playbook_dir }}/out"}
          run_once: true
        - fail: msg=x
          when: inventory_hostname == 'l2'

    """

  private func project(_ settings: String) throws -> ScratchFolder {
    let scratch = ScratchFolder()
    let files = [
      "ansible.cfg": settings, "site.yaml": Self.playbook,
      "hosts": "l1 ansible_connection=local\nl2 ansible_connection=local\n",
      "group_vars/all.yml": "d: {a: 1, b: {x: 1}}\n", "host_vars/l1.yml": "d: {b: {y: 2}}\n",
      "t.j2": "# {{ ansible_managed }}\n",
    ]
    for (name, text) in files {
      Files.makeFolders(above: scratch.path + "/" + name)
      try Files.write(text, to: scratch.path + "/" + name)
    }
    return scratch
  }

  @Test("Hashes merge, facts wait, skipped hosts are hidden, diffs show, failures are kept")
  func settingsAct() async throws {
    let scratch = try project(Self.settings)
    let said = try await Command(
      words: [Files.binary, "apply", "--yes", "site.yaml"], folder: scratch.path
    ).run()
    #expect(said.status == 2)
    let start = """

      PLAY [all] *********************************************************************

      TASK [debug] *******************************************************************
      ok: [l1] => {
          "d": {
              "a": 1,
              "b": {
                  "x": 1,
                  "y": 2
              },
              "c": 3
          }
      }
      ok: [l2] => {
          "d": {
              "a": 1,
              "b": {
                  "x": 1
              },
              "c": 3
          }
      }

      TASK [one skipped] *************************************************************
      ok: [l2] => {
          "msg": "y"
      }

      TASK [debug] *******************************************************************
      ok: [l1] => {
          "msg": "no facts"
      }
      ok: [l2] => {
          "msg": "no facts"
      }

      TASK [template] ****************************************************************

      """
    #expect(said.stdout.hasPrefix(start), "\(said.stdout)")
    #expect(said.stdout.contains("+# Managed by us\n"))
    #expect(said.stdout.contains("\tto retry, use: --limit @\(scratch.path)/site.retry\n"))
    #expect(try Files.text(scratch.path + "/site.retry") == "l2\n")
    #expect(try Files.text(scratch.path + "/run.log").contains(start))
    let warning = """
      warning: `filter_plugins` has no effect: nothing written in Python runs here
        --> ansible.cfg:9:1

      """
    #expect(said.stderr.hasPrefix(warning), "\(said.stderr)")
    #expect(!said.stderr.contains("nocows") && !said.stderr.contains("pipelining"))
  }

  @Test("Without settings facts are gathered and hashes replace each other") func standards()
    async throws
  {
    let scratch = try project("[defaults]\ninventory = hosts\n")
    let said = try await Command(
      words: [Files.binary, "apply", "--yes", "site.yaml"], folder: scratch.path
    ).run()
    #expect(said.status == 2)
    #expect(said.stderr.contains("warning") == false)
    #expect(said.stdout.contains("TASK [Gathering Facts]"))
    #expect(!said.stdout.contains("no facts"))
    #expect(said.stdout.contains("ok: [l1] => {\n    \"d\": {\n        \"c\": 3\n    }\n}\n"))
    #expect(said.stdout.contains("TASK [only skipped]"))
    #expect(!Files.exists(scratch.path + "/site.retry"))
  }
}
