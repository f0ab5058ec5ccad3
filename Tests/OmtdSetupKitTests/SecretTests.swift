import Synchronization
import TestKit
import Testing

/// What `no_log` hides, and passwords, are found in nothing that the program says, writes or starts.
@Suite struct SecretTests {
  private static let modes: [[String]] = [
    ["apply"], ["apply", "-vvv", "--diff"], ["apply", "--check", "--diff", "-v"],
    ["plan"], ["plan", "-vvv", "--diff"],
  ]

  /// Nothing of it names the canary: excerpts of the file may be shown.
  private static let hidden = """
    - hosts: all
      gather_facts: false
      vars_files: [secrets.yaml]
      tasks:
        - copy: {content: "{{ canary }}", dest: "{{ root }}/{{ inventory_hostname }}-copy"}
          no_log: true
          notify: Tell
        - lineinfile:
            path: "{{ root }}/{{ inventory_hostname }}-copy"
            line: "key={{ canary }}"
          no_log: true
        - command: echo {{ canary }}
          no_log: true
          register: said
        - debug: {msg: "{{ canary }}"}
          no_log: true
        - debug: {msg: "{{ said.stdout | default(canary) }}"}
          no_log: "{{ hide }}"
        - command: echo {{ item }}
          loop: ["{{ canary }}-1", "{{ canary }}-2"]
          no_log: true
        - command: echo {{ item }}
          loop: ["{{ canary }}-1", "{{ canary }}-2"]
          when: false
          no_log: true
        - command: echo {{ item.name }}
          loop: [{name: "{{ canary }}"}]
          loop_control: {label: "{{ item.name }}"}
          no_log: true
        - command: echo {{ item }}
          loop: ["{{ canary }}"]
          when: said.stdout | default('') == item
          no_log: true
        - shell: "echo {{ canary }}; echo {{ canary }} >&2; exit 3"
          no_log: true
          ignore_errors: true
        - fail: {msg: "{{ item }}"}
          loop: ["{{ canary }}"]
          no_log: true
          ignore_errors: true
        - assert: {that: canary == 'x', fail_msg: "{{ canary }}"}
          no_log: true
          ignore_errors: true
        - debug: {msg: "{{ canary | from_json }}"}
          no_log: true
          ignore_errors: true
        - debug: {msg: "{{ {canary: 1}[canary + 'x'] }}"}
          no_log: "{{ hide }}"
          ignore_errors: true
        - debug: {msg: "{{ item }}"}
          loop: "{{ canary }}"
          no_log: true
          ignore_errors: true
        - debug: {msg: "{{ item }}"}
          loop: ["{{ canary }}"]
          when: item | from_json
          no_log: true
          ignore_errors: true
        - command: echo {{ canary }}
          until: false
          retries: 1
          delay: 0
          no_log: true
          ignore_errors: true
        - set_fact: {kept: "{{ canary }}"}
          no_log: true
        - file: {path: "{{ root }}/{{ canary }}", state: touch}
          no_log: true
        - file: {path: "{{ root }}", state: "{{ canary }}"}
          no_log: true
          ignore_errors: true
        - no_log: true
          block:
            - debug: {var: canary}
            - include_tasks: "{{ canary }}.yaml"
              when: false
      handlers:
        - name: Tell
          debug: {msg: "{{ canary }}"}
          no_log: true

    """

  @Test("What no_log hides is in no output and no file of events", arguments: modes)
  func noLog(mode: [String]) async throws {
    let project = try SecretProject(Self.hidden)
    let traces = try await project.run(mode)
    #expect(traces.places(of: project.canary) == [])
    #expect(traces.status == 0, "\(traces.texts)")
  }

  @Test("ANSIBLE_NO_LOG hides the tasks that do not say otherwise")
  func byDefault() async throws {
    let project = try SecretProject(
      """
      - hosts: all
        gather_facts: false
        vars_files: [secrets.yaml]
        tasks:
          - debug: {msg: "{{ canary }}"}
          - debug: {msg: open}
            no_log: false

      """)
    let traces = try await project.run(["apply", "-v"], environment: ["ANSIBLE_NO_LOG=true"])
    #expect(traces.places(of: project.canary) == [])
    #expect(traces.places(of: "open").count == 2)
  }

  @Test("The password of `user` is shown by no task", arguments: modes)
  func userPassword(mode: [String]) async throws {
    let project = try SecretProject(
      """
      - hosts: all
        gather_facts: false
        vars_files: [secrets.yaml]
        tasks:
          - user: {name: omtd-nobody-has-this-name, password: "{{ canary }}"}
            check_mode: true
          - user: {name: root, password: "$6$abc${{ canary }}", update_password: always}
            check_mode: true
          - user: {name: omtd-nobody-has-this-name, password: "{{ canary }}:x"}
            check_mode: true
            ignore_errors: true

      """)
    let traces = try await project.run(mode)
    #expect(traces.places(of: project.canary) == [])
  }

  @Test("A become password that is turned down is in no message", arguments: modes)
  func wrongPassword(mode: [String]) async throws {
    let project = try SecretProject(
      """
      - hosts: all
        gather_facts: false
        become: true
        become_exe: "{{ playbook_dir }}/sudo"
        vars_files: [secrets.yaml]
        vars:
          ansible_become_password: "{{ canary }}"
        tasks:
          - stat: {path: /}

      """)
    _ = try project.writeSudo(accepting: "another")
    let traces = try await project.run(mode)
    #expect(traces.places(of: project.canary) == [])
    #expect(traces.places(of: "wrong password for `sudo`") != [], "\(traces.texts)")
  }

  @Test("While a task runs no process has a password or the environment in its arguments")
  func arguments() async throws {
    let project = try SecretProject(
      """
      - hosts: h1
        gather_facts: false
        become: true
        become_exe: "{{ playbook_dir }}/sudo"
        vars_files: [secrets.yaml]
        vars:
          ansible_become_password: "{{ canary }}"
        tasks:
          - command: sh -c 'sleep 1' planted-{{ canary | length }}-{{ playbook_dir | hash }}
            environment:
              TOKEN: "{{ canary }}-token"
            register: out
          - copy: {content: "{{ canary }}", dest: "{{ root }}/file"}
            no_log: true

      """)
    _ = try project.writeSudo(accepting: project.canary)
    // Found by the same search: the sleeping command has it in its arguments.
    let planted = "planted-\(project.canary.utf8.count)-"
    let isOver = Mutex(false)
    async let run = {
      defer { isOver.withLock { $0 = true } }
      return try await project.run(["apply", "-vvv"])
    }()
    var found: Set<String> = []
    var hasSeenPlanted = false
    while !isOver.withLock({ $0 }) {
      found.formUnion(ProcessList.withArgument(project.canary))
      hasSeenPlanted = hasSeenPlanted || !ProcessList.withArgument(planted).isEmpty
      try await Task.sleep(for: .milliseconds(20))
    }
    let traces = try await run
    #expect(found == [])
    #expect(hasSeenPlanted)
    #expect(traces.places(of: project.canary) == [])
    #expect(traces.status == 0, "\(traces.texts)")
  }

  @Test("The search finds what is not hidden")
  func planted() async throws {
    let project = try SecretProject(
      """
      - hosts: h1
        gather_facts: false
        vars_files: [secrets.yaml]
        tasks:
          - debug: {msg: "{{ canary }}"}
          - command: echo {{ canary }}
            register: said
            no_log: true
          - debug: {var: said.stdout}
          - copy: {content: "{{ canary }}", dest: "{{ root }}/file"}

      """)
    for mode in [["plan"], ["apply"]] {
      let traces = try await project.run(mode)
      #expect(traces.places(of: project.canary).map { $0.prefix(6) } == ["stdout", "events"])
    }
  }
}
