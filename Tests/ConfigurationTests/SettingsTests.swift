import Configuration
import Diagnostics
@preconcurrency import Glibc
import TestKit
import Testing

@Suite struct SettingsTests {
  private func load(
    _ scratch: ScratchFolder, _ environment: [String: String] = [:]
  ) throws -> Settings {
    try Settings.load(
      SettingsSources(
        environment: environment, folder: scratch.path + "/cwd", home: scratch.path + "/home",
        systemFile: scratch.path + "/etc/ansible.cfg"))
  }

  private func scratch(_ files: [String: String]) -> ScratchFolder {
    let scratch = ScratchFolder()
    for (name, text) in files { scratch.write(name, text) }
    return scratch
  }

  @Test("Without file and environment there are the defaults")
  func defaults() throws {
    let settings = try load(scratch([:]))
    #expect(settings.configFile == nil)
    #expect(settings.forks == Setting(nil))
    #expect(settings.hostKeyChecking == Setting(true))
    #expect(settings.rolesPath.value.count == 3)
    #expect(settings.rolesPath.value.first?.hasSuffix("/home/.ansible/roles") == true)
  }

  @Test("The first file found is read, and no other one")
  func firstFile() throws {
    let files = scratch([
      "cwd/ansible.cfg": "[defaults]\nforks = 3\n",
      "home/.ansible.cfg": "[defaults]\nforks = 4\ntimeout = 99\n",
      "etc/ansible.cfg": "[defaults]\nforks = 5\n",
      "other.cfg": "[defaults]\nforks = 6\n",
    ])
    let settings = try load(files)
    #expect(settings.forks.value == 3)
    #expect(settings.timeout == Setting(10))
    let place = SourceLocation(file: files.path + "/cwd/ansible.cfg", line: 2, column: 1)
    #expect(settings.forks.origin == .file(place))
    let named = try load(files, ["ANSIBLE_CONFIG": files.path + "/other.cfg"])
    #expect(named.forks.value == 6)
    unlink(files.path + "/cwd/ansible.cfg")
    #expect(try load(files).forks.value == 4)
    unlink(files.path + "/home/.ansible.cfg")
    #expect(try load(files).forks.value == 5)
  }

  @Test("The environment is above the file, an option above both")
  func environment() throws {
    let files = scratch(["cwd/ansible.cfg": "[defaults]\nforks=3\nhost_key_checking=True\n"])
    var settings = try load(
      files, ["ANSIBLE_FORKS": "7", "ANSIBLE_HOST_KEY_CHECKING": "no", "NO_COLOR": "x"])
    #expect(settings.forks == Setting(7, .environment("ANSIBLE_FORKS")))
    #expect(settings.hostKeyChecking.value == false)
    #expect(settings.noColor == Setting(true, .environment("NO_COLOR")))
    settings.forks.set(9, option: "--forks")
    #expect(settings.forks.origin.description == "option --forks")
  }

  @Test("A file in a folder that anyone may write to is ignored with a warning")
  func worldWritable() throws {
    let files = scratch(["cwd/ansible.cfg": "[defaults]\nforks=3\n"])
    chmod(files.path + "/cwd", 0o777)
    let settings = try load(files)
    #expect(settings.forks.value == nil)
    #expect(settings.warnings.first?.summary.hasSuffix("anyone may write to its folder") == true)
  }

  @Test("Comments, quotes, long values, lists and paths are read as Ansible reads them")
  func syntax() throws {
    let files = scratch([
      "cwd/ansible.cfg": """
      # comment
      ; comment
      [defaults]
      inventory = hosts, ../more/hosts ; both
      Roles_Path: roles:~/r:/abs:$EXTRA/x
      remote_user = "deploy"
      jinja2_extensions = jinja2.ext.do,
          jinja2.ext.loopcontrols
      log_path =
      strange_key = 1
      [ssh_connection]
      ssh_args = -o "ProxyJump bastion"
      [privilege_escalation]
      become = yes
      """
    ])
    let settings = try load(files, ["EXTRA": "/extra"])
    let folder = files.path + "/cwd"
    #expect(settings.inventory.value == [folder + "/hosts", folder + "/../more/hosts"])
    #expect(
      settings.rolesPath.value == [
        folder + "/roles", files.path + "/home/r", "/abs", "/extra/x",
      ])
    #expect(settings.remoteUser.value == "deploy")
    #expect(settings.jinja2Extensions.value == ["jinja2.ext.do", "jinja2.ext.loopcontrols"])
    #expect(settings.logPath.value == nil)
    #expect(settings.sshArguments.value == "-o \"ProxyJump bastion\"")
    #expect(settings.become.value)
    #expect(settings.ignoredKeys.map(\.name) == ["defaults.strange_key"])
  }

  @Test("All values without meaning are reported together, each at its place")
  func faults() {
    let files = scratch([
      "cwd/ansible.cfg": "[defaults]\nforks = many\ngathering = never\nno_log = maybe\n"
    ])
    do {
      _ = try load(files)
      Issue.record("was accepted")
    } catch {
      let all = (error as? Diagnostics)?.all ?? []
      #expect(
        all.map(\.summary).sorted() == [
          "`forks`: expected a whole number, not `many`",
          "`gathering`: expected one of `implicit`, `explicit`, `smart`, not `never`",
          "`no_log`: `maybe` is neither yes nor no; it counts as no",
        ])
      #expect(all.compactMap(\.location?.line).sorted() == [2, 3, 4])
    }
  }

  @Test("A line that is neither section nor key is an error")
  func badLines() {
    let files = scratch(["cwd/ansible.cfg": "forks = 1\n[defaults]\nnonsense\n"])
    #expect(throws: Diagnostics.self) { try load(files) }
  }

  @Test("Inventory options follow the settings")
  func inventoryOptions() throws {
    let files = scratch(["cwd/ansible.cfg": "[defaults]\nhash_behaviour = merge\n"])
    let options = try load(
      files, ["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1"]
    ).inventoryOptions
    #expect(options.mergesHashes)
    #expect(options.needsAllSources)
    #expect(options.ignoredSuffixes.contains(".retry"))
  }
}
