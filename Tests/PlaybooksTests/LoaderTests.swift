import Diagnostics
import Playbooks
import Testing
import Values

@Suite struct LoaderTests {
  private func tasks(_ project: Project) throws -> [PlayTask] {
    try project.plays().flatMap { $0.sections.flatMap(\.nodes).flatMap(\.tasks) }
  }

  @Test func readsInlineMappingAndExtraArguments() throws {
    let tasks = try tasks(
      Project(
        """
        - hosts: all
          tasks:
            - copy: src=/etc/hosts dest="/tmp/a b" mode=0644
              args: {dest: /tmp/ignored, backup: true}
              when: false
            - action: file path=/tmp/x state=touch
            - local_action: {module: command, cmd: "true"}
            - ansible.builtin.command: echo a=b creates=/tmp/x
            - set_fact: a=yes b=007
        """))
    func arguments(_ index: Int) -> [String: Value] {
      Dictionary(
        tasks[index].arguments.map { ($0.key.string ?? "", $0.value.plain) },
        uniquingKeysWith: { $1 })
    }
    #expect(
      arguments(0) == [
        "src": "/etc/hosts", "dest": "/tmp/a b", "mode": "0644", "backup": true,
      ])
    #expect(arguments(1) == ["path": "/tmp/x", "state": "touch"])
    #expect(tasks[1].module == "file")
    #expect(tasks[2].setting(.delegateTo)?.text == "localhost")
    #expect(arguments(2) == ["cmd": "true"])
    #expect(arguments(3) == ["creates": "/tmp/x"])
    #expect(tasks[3].freeForm?.text == "echo a=b")
    #expect(tasks[3].module == "command")
    #expect(arguments(4) == ["a": "yes", "b": "007"])
  }

  @Test func importsInheritKeywordsAndIncludesDoNot() throws {
    let project = Project([
      "site.yaml": """
      - hosts: all
        tags: play
        become: true
        tasks:
          - block:
              - import_tasks: tasks/one.yaml
                tags: [imported]
                vars: {x: 1}
                when: b
            when: a
            become: false
            tags: block
          - include_tasks: tasks/one.yaml
            tags: included
            when: c
      """,
      "tasks/one.yaml": "- import_tasks: two.yaml\n",
      "tasks/two.yaml": "- ping:\n  tags: own\n  when: d\n",
    ])
    let tasks = try tasks(project)
    #expect(tasks[0].conditions.map(\.text) == ["a", "b", "d"])
    #expect(tasks[0].tags.map(\.text) == ["play", "block", "imported", "own"])
    #expect(tasks[0].setting(.become)?.plain == false)
    #expect(tasks[0].layers.flatMap(\.keywords.vars).map(\.key) == ["x"])

    let loaded = try project.loader.includeTasks(file: "tasks/one.yaml", from: tasks[1])
    let inside = loaded.nodes.flatMap(\.tasks)
    #expect(loaded.path == "tasks/one.yaml")
    #expect(inside.map { $0.conditions.map(\.text) } == [["d"]])
    #expect(inside.map { $0.tags.map(\.text) } == [["play", "own"]])
  }

  @Test func applyReachesTheIncludedTasks() throws {
    let project = Project([
      "site.yaml": """
      - hosts: all
        tasks:
          - include_tasks:
              file: one.yaml
              apply: {tags: [inner], become: true}
            vars: {x: 1}
      """,
      "one.yaml": "- ping:\n",
    ])
    let include = try tasks(project)[0]
    let inside = try project.loader.includeTasks(
      file: "one.yaml", from: include, bindings: ["item": 3]
    ).nodes.flatMap(\.tasks)
    #expect(inside[0].tags.map(\.text) == ["inner"])
    #expect(inside[0].setting(.become)?.plain == true)
    let included = inside[0].layers.dropLast().last
    #expect(included?.bindings == ["item": 3])
    #expect(included?.keywords.vars.map(\.key) == ["x"])
  }

  @Test func placesDependenciesFirstAndMarksEqualUses() throws {
    let project = Project([
      "site.yaml": """
      - hosts: all
        pre_tasks: [{ping: null}]
        roles:
          - web
          - {role: base, tags: t}
          - base
          - {role: base, web_port: 8080}
        tasks:
          - import_role: {name: base, tasks_from: other}
      """,
      "roles/web/meta/main.yml": "dependencies:\n  - base\n",
      "roles/web/tasks/main.yml": "- name: web\n  ping:\n",
      "roles/web/handlers/main.yml": "- name: restart\n  ping:\n",
      "roles/base/tasks/main.yml": "- name: base\n  ping:\n",
      "roles/base/tasks/other.yml": "- name: other\n  ping:\n",
      "roles/base/defaults/main.yml": "a: 1\n",
      "roles/base/vars/main/one.yml": "b: 1\n",
      "roles/base/vars/main/two.yml": "c: 2\n",
    ])
    let play = try project.plays()[0]
    #expect(
      play.sections.flatMap(\.nodes).flatMap(\.tasks).map(\.fullName) == [
        "ping", "base : base", "web : web", "base : base", "base : base", "base : base",
        "base : other",
      ])
    let keys = play.roleTasks.map { node -> String? in
      guard case .block(let block) = node, case .role(let scope) = block.kind else { return nil }
      return scope.duplicateKey
    }
    #expect(keys[0] == keys[3])
    #expect(keys[0] != keys[2])
    #expect(keys[0] != keys[4])
    #expect(play.handlerSections.map { $0.flatMap(\.tasks).map(\.fullName) } == [["web : restart"]])
    #expect(play.roleScopes.map(\.role.name) == ["base", "web", "base", "base", "base", "base"])
    let base = play.roleScopes[0].role
    #expect(base.defaults.map(\.key) == ["a"])
    #expect(base.vars.map(\.key) == ["b", "c"])
    #expect(play.roleScopes[0].parents.map(\.role.name) == ["web"])
  }

  @Test func declaredArgumentsAreCheckedByAFirstTask() throws {
    let play = try Project([
      "site.yaml": "- hosts: all\n  roles:\n    - {role: r, web_port: 80}\n",
      "roles/r/tasks/main.yml": "- ping:\n",
      "roles/r/meta/argument_specs.yml": """
      argument_specs:
        main:
          short_description: Serves pages
          options: {web_port: {type: int}}
      """,
    ]).plays()[0]
    let task = play.roleTasks.flatMap(\.tasks)[0]
    #expect(task.name?.text == "Validating arguments against arg spec 'main' - Serves pages")
    #expect(task.tags.map(\.text) == ["always"])
    #expect(task.arguments[1].value.plain == ["web_port": 80])
  }

  @Test func importedPlaybooksTakeConditionsTagsAndVariables() throws {
    let plays = try Project([
      "site.yaml": "- import_playbook: more/db.yaml\n  when: a\n  tags: t\n  vars: {x: 2}\n",
      "more/db.yaml": "- hosts: db\n  vars: {x: 1, y: 1}\n  roles: [r]\n",
      "more/roles/r/tasks/main.yml": "- ping:\n  when: b\n",
    ]).plays()
    let task = plays[0].roleTasks.flatMap(\.tasks)[0]
    #expect(task.conditions.map(\.text) == ["a", "b"])
    #expect(task.tags.map(\.text) == ["t"])
    #expect(plays[0].vars.map { $0.value.plain } == [1, 2])
    #expect(plays[0].directory == "more")
  }

  @Test func includedRolesBringTasksAndHandlers() throws {
    let project = Project([
      "site.yaml": """
      - hosts: all
        tasks:
          - include_role: {name: r}
            vars: {x: 1}
            tags: t
      """,
      "roles/r/tasks/main.yml": "- ping:\n",
      "roles/r/handlers/main.yml": "- name: h\n  ping:\n",
    ])
    let include = try tasks(project)[0]
    let loaded = try project.loader.includeRole(name: "r", from: include)
    #expect(loaded.nodes.flatMap(\.tasks).map(\.fullName) == ["r : ping"])
    #expect(loaded.nodes.flatMap(\.tasks)[0].tags.isEmpty)
    #expect(loaded.handlerSections.joined().flatMap(\.tasks).map(\.fullName) == ["r : h"])
    #expect(loaded.scope?.duplicateKey == nil)
  }

  @Test func deepNestingEndsWithAnErrorOrATask() {
    for depth in [50, 150, 1_000] {
      var text = ""
      for level in 0..<depth { text += String(repeating: " ", count: 4 + level * 2) + "- block:\n" }
      text += String(repeating: " ", count: 4 + depth * 2) + "- ping:\n"
      let report = Project(["site.yaml": "- hosts: all\n  tasks:\n" + text]).report()
      #expect(report.isEmpty == (depth < 100), "\(depth): \(report.prefix(200))")
    }
  }

  @Test func longChainsOfImportsAndDependenciesEndWell() {
    for length in [40, 500] {
      var files = [
        "site.yaml": "- hosts: all\n  roles: [r0]\n  tasks:\n    - import_tasks: t0.yaml\n"
      ]
      for index in 0..<length {
        files["t\(index).yaml"] = "- block:\n    - import_tasks: t\(index + 1).yaml\n"
        files["roles/r\(index)/meta/main.yml"] = "dependencies: [r\(index + 1)]\n"
      }
      files["t\(length).yaml"] = "- ping:\n"
      files["roles/r\(length)/tasks/main.yml"] = "- ping:\n"
      let report = Project(files).report()
      #expect(report.isEmpty == (length < 50), "\(length): \(report.prefix(200))")
    }
  }

  @Test func importsInsideIncludesSeeTheVariablesOfThePlay() throws {
    let project = Project([
      "site.yaml": """
      - hosts: all
        vars: {kind: two}
        vars_files: [more.yaml]
        tasks:
          - include_tasks: one.yaml
      """,
      "more.yaml": "which: r\n",
      "one.yaml": "- import_tasks: \"{{ kind }}.yaml\"\n- import_role: {name: \"{{ which }}\"}\n",
      "two.yaml": "- ping:\n", "roles/r/tasks/main.yml": "- ping:\n",
    ])
    let include = try tasks(project)[0]
    let loaded = try project.loader.includeTasks(file: "one.yaml", from: include)
    #expect(loaded.nodes.flatMap(\.tasks).map(\.fullName) == ["ping", "r : ping"])
    #expect(loaded.roleScopes.map(\.role.name) == ["r"])
  }
}
