import ModuleKit
import Modules
import Testing
import Values

/// On a real host that may be changed, named in `OMTD_TRIAL_HOST`: apply, then again without change.
@Suite(.serialized, .enabled(if: Trial.host != nil)) struct HostTrialTests {
  /// Changes in a plan, in the first run, and not in the second.
  private func settle(
    _ name: String, _ arguments: KeyValuePairs<String, Value>, plans: Bool = true
  ) throws {
    let host = try #require(Trial.host)
    if plans {
      let imagined = try host.imagining.run(name, arguments)
      #expect(imagined.isChanged, "\(name) in a plan: \(imagined)")
    }
    let first = try host.run(name, arguments)
    #expect(first.isChanged, "\(name): \(first)")
    let second = try host.run(name, arguments)
    #expect(second.result?.isChanged == false, "\(name) again: \(second)")
    #expect(second.asked <= 2)
  }

  @Test func startsStopsEnablesAndMasksUnits() throws {
    try settle("systemd", ["name": "cron", "state": "stopped", "enabled": false])
    try settle("service", ["name": "cron", "state": "started", "enabled": true])
    try settle("systemd", ["name": "cron.service", "masked": true])
    try settle("systemd", ["name": "cron", "masked": false, "enabled": true, "state": "started"])
    let host = try #require(Trial.host)
    #expect(try host.run("systemd", ["name": "nosuch", "state": "started"]).failure != nil)
    let again = try host.run("service", ["name": "cron", "state": "restarted"])
    #expect(again.isChanged && again.labels == ["systemctl restart cron"])
    let reload = try host.run("systemd", ["daemon_reload": true])
    #expect(reload.result?.isChanged == false && reload.labels == ["systemctl daemon-reload"])
  }

  @Test func mountsAndUnmounts() throws {
    let all: KeyValuePairs<String, Value> = [
      "path": "/mnt/a b", "src": "tmpfs", "fstype": "tmpfs", "opts": "size=1m", "state": "mounted",
    ]
    try settle("mount", all)
    try settle("mount", ["path": "/mnt/a b", "state": "unmounted"])
    try settle("mount", ["path": "/mnt/a b", "state": "absent"])
  }

  @Test func addsAndRemovesSources() throws {
    let line = "deb [trusted=yes] file:/srv/none ./"
    try settle("apt_repository", ["repo": .string(line), "update_cache": false])
    try settle("apt_repository", ["repo": .string(line), "update_cache": false, "state": "absent"])
  }

  @Test func trustsAndForgetsKeys() throws {
    let file: Value = "/usr/share/keyrings/debian-archive-bookworm-stable.gpg"
    let keyring: Value = "/tmp/trial-keyring.gpg"
    // As Debian publishes it.
    let id: Value = "4D64FEC119C2029067D6E791F8D2585B8783D481"
    try settle("apt_key", ["file": file, "id": id, "keyring": keyring])
    try settle("apt_key", ["id": "0xF8D2585B8783D481", "keyring": keyring, "state": "absent"])
    let host = try #require(Trial.host)
    let other = try host.run(
      "apt_key", ["file": file, "id": "0123456789ABCDEF", "keyring": keyring])
    #expect(other.failure != nil)
  }

  @Test func installsAndRemovesPackages() throws {
    let host = try #require(Trial.host)
    let update = try host.run("apt", ["update_cache": true])
    #expect(update.isChanged, "\(update)")
    let fresh = try host.run("apt", ["update_cache": true, "cache_valid_time": 3600])
    #expect(fresh.result?.isChanged == false && fresh.labels.isEmpty)
    try settle("apt", ["name": "hello,ed", "update_cache": true, "cache_valid_time": 3600])
    try settle("package", ["name": "hello", "state": "absent"])
    try settle("apt", ["name": "ed", "state": "absent", "purge": true, "autoremove": true])
    #expect(try host.run("apt", ["name": "no-such-package-here"]).failure != nil)
    let upgrade = try host.imagining.run("apt", ["upgrade": "dist"])
    #expect(upgrade.result != nil, "\(upgrade)")
  }

  @Test func fetchesFiles() throws {
    let url = "http://deb.debian.org/debian/dists/bookworm/Release.gpg"
    try settle("get_url", ["url": .string(url), "dest": "/tmp", "mode": "0600"])
    try settle("file", ["path": "/tmp/Release.gpg", "state": "absent"])
    let host = try #require(Trial.host)
    let wrong = try host.run(
      "get_url", ["url": .string(url), "dest": "/tmp/x", "checksum": "sha256:00"])
    #expect(wrong.failure != nil)
    let missing = try host.run("get_url", ["url": .string(url + "x"), "dest": "/tmp/x"])
    #expect(missing.failure?.values["status_code"] == 404, "\(missing)")
  }
}
