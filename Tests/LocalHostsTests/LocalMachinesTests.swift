import LocalHosts
import Subprocess
import Testing

/// Boots machines: needs root, and a computer that lets mounts and networks be made.
@Suite(.serialized, .timeLimit(.minutes(10))) struct LocalMachinesTests {
  /// Runs a test on machines of its own, and then expects none of their traces.
  private func onMachines(
    _ name: String, _ body: (Computer) async throws -> Void
  ) async throws {
    let computer = try await Computer(name)
    do {
      try await body(computer)
    } catch {
      try? await computer.close()
      throw error
    }
    try await computer.close()
    #expect(try await computer.traces() == "")
  }

  @Test("A machine is as ordered: addresses, files with owner and mode, keys, host key, neighbour")
  func ordered() async throws {
    try await onMachines("order") { computer in
      let hostKey = try await Computer.shell(
        """
        d=$(mktemp -d); ssh-keygen -q -t ed25519 -N '' -C '' -f "$d/k"; cat "$d/k"; rm -r "$d"
        """)
      var first = computer.order(1)
      let odd: [UInt8] = [0, 0x25, 0x64, 10, 0x5c, 0xff, 10]
      first.files = [
        LocalFile(
          path: "/etc/ssh/ssh_host_ed25519_key", contents: Array("\(hostKey)\n".utf8), mode: 0o600),
        LocalFile(
          path: "/srv/new/place/data bin", contents: odd, owner: "daemon", group: "adm",
          mode: 0o640),
        // Through a link of the image that leads to /run.
        LocalFile(path: "/var/lock/../motto", contents: [], mode: 0o604),
      ]
      try await computer.machines.create(first)
      try await computer.machines.create(computer.order(2))
      // What the client asks for is the key that was ordered, and no other.
      let shown = try await Computer.shell(
        "f=$(mktemp); echo \"$1\" >\"$f\"; ssh-keygen -y -f \"$f\" | cut -d' ' -f1,2; rm \"$f\"",
        [hostKey])
      #expect(try await computer.ssh(1, "hostname", knownKey: shown) == "guest1")
      let addresses = try await computer.ssh(1, "ip -br addr; ip -br link; ip route")
      #expect(addresses.contains(" \(computer.address(1))/24 "))
      #expect(addresses.contains(" 10.5.5.1/24 "))
      #expect(addresses.contains(" 02:0c:f5:00:01:01 "))
      #expect(addresses.contains("default via \(computer.network.gateway) dev eth0 "))
      #expect(
        try await computer.ssh(
          1,
          "cd /srv; stat -c '%n %a %U:%G' new new/place 'new/place/data bin'; od -An -tx1 new/*/*")
            == """
            new 750 daemon:adm
            new/place 750 daemon:adm
            new/place/data bin 640 daemon:adm
             00 25 64 0a 5c ff 0a
            """)
      // The neighbour is the one that has the other machine's key.
      let neighbour = try await computer.ssh(2, "cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub")
      #expect(neighbour != shown)
      #expect(
        try await computer.ssh(
          1, "ssh-keyscan -T 10 -t ed25519 10.5.5.2 2>/dev/null | cut -d' ' -f2,3") == neighbour)
      #expect(try await computer.ssh(1, "command -v python3 || echo none") == "none")
      #expect(
        try await computer.ssh(1, "getent shadow root deploy | cut -d: -f1,2") == "root:*\ndeploy:*"
      )
      let ids = [
        try await computer.ssh(1, "cat /proc/sys/kernel/random/boot_id"),
        try await computer.ssh(2, "cat /proc/sys/kernel/random/boot_id"),
        try await Computer.shell("cat /proc/sys/kernel/random/boot_id"),
      ]
      #expect(Set(ids).count == 3)
    }
  }

  @Test("Files come after keys: one for authorized_keys replaces them")
  func filesComeLast() async throws {
    try await onMachines("keys") { computer in
      var order = computer.order(1)
      order.keys = [
        LocalKeys(user: "deploy", lines: [computer.publicKey]),
        LocalKeys(user: "root", lines: ["ssh-ed25519 AAAA other"]),
      ]
      order.files = [
        LocalFile(
          path: "/root/.ssh/authorized_keys", contents: Array((computer.publicKey + "\n").utf8),
          mode: 0o600)
      ]
      order.password = "Sesame12"
      try await computer.machines.create(order)
      #expect(
        try await computer.ssh(1, "cat .ssh/authorized_keys") == computer.publicKey)
      #expect(
        try await computer.ssh(1, "stat -c '%a %U:%G' .ssh/authorized_keys", user: "deploy")
          == "600 deploy:deploy")
      // The password is that of the order: its hash with the salt that the machine chose.
      let same = try await computer.ssh(
        1,
        """
        hash=$(getent shadow deploy | cut -d: -f2)
        salt=$(echo "$hash" | cut -d'$' -f3)
        [ "$(openssl passwd -6 -salt "$salt" Sesame12)" = "$hash" ] && echo same
        """)
      #expect(same == "same")
    }
  }

  @Test("A machine keeps its disk when it stops, starts and reboots, and boots each time")
  func reboots() async throws {
    try await onMachines("boots") { computer in
      let machines = computer.machines
      try await machines.create(computer.order(1))
      var boots: Set<String> = []
      let look =
        "cat /proc/sys/kernel/random/boot_id; cat /root/kept 2>/dev/null || echo kept >/root/kept"
      boots.insert(String(try await computer.ssh(1, look).prefix(36)))
      for turn in ["stop", "plug", "reboot", "reset"] {
        switch turn {
        case "stop":
          try await machines.stop("snf-1")
          #expect(try await machines.state("snf-1") == .stopped)
          #expect(try await machines.process("snf-1") == nil)
          try await machines.start("snf-1")
        case "plug":
          try await machines.stop("snf-1", patience: 0)
          try await machines.start("snf-1")
        case "reboot": try await machines.reboot("snf-1")
        default: try await machines.reboot("snf-1", isHard: true)
        }
        let seen = try await computer.ssh(1, look)
        #expect(seen.hasSuffix("\nkept"), "after \(turn)")
        boots.insert(String(seen.prefix(36)))
        #expect(try await machines.state("snf-1") == .running)
      }
      #expect(boots.count == 5)
    }
  }

  @Test("What cannot be made says why, and is not there")
  func failures() async throws {
    try await onMachines("fail") { computer in
      var order = computer.order(1)
      order.files = [LocalFile(path: "/x", contents: [1], owner: "nobody-here", mode: 0o600)]
      let problem = await #expect(throws: LocalMachineProblem.self) {
        try await computer.machines.create(order)
      }
      #expect(problem?.summary == "the image has no user `nobody-here`")
      order.files = [LocalFile(path: "/etc/passwd/x", contents: [1], mode: 0o600)]
      let second = await #expect(throws: LocalMachineProblem.self) {
        try await computer.machines.create(order)
      }
      #expect(second?.summary == "cannot write `/etc/passwd/x`")
      #expect(try await computer.machines.list() == [])
      await #expect(throws: LocalMachineProblem("there is no machine `snf-1`")) {
        try await computer.machines.start("snf-1")
      }
      try await computer.machines.destroy("snf-1")
    }
  }

  @Test("Interfaces come and go while the machine runs, and stay over a reboot")
  func hotplug() async throws {
    try await onMachines("plug") { computer in
      let machines = computer.machines
      try await machines.create(computer.order(1))
      _ = try await computer.ssh(1, "true")
      let added = LocalInterface(
        network: .private("23"), mac: "02:0c:f5:00:02:01", address: "10.9.9.1/24")
      try await machines.attach(added, to: "snf-1")
      try await machines.attach(added, to: "snf-1")
      let wait =
        "for i in 1 2 3 4 5 6 7 8 9; do ip -br addr show eth2 | grep 10.9.9.1/24 && exit; sleep 1; done"
      #expect(try await computer.ssh(1, wait).contains("10.9.9.1/24"))
      try await machines.reboot("snf-1", isHard: true)
      #expect(try await computer.ssh(1, wait).contains("10.9.9.1/24"))
      try await machines.detach(mac: "02:0c:f5:00:02:01", from: "snf-1")
      #expect(try await computer.ssh(1, "ip -br link show eth2 2>/dev/null || echo gone") == "gone")
      try await machines.detach(mac: "02:0c:f5:00:02:01", from: "snf-1")
    }
  }

  @Test("An interface that the machine did not take is tried again by the next call")
  func hotplugAgain() async throws {
    try await onMachines("again") { computer in
      let machines = computer.machines
      try await machines.create(computer.order(1))
      _ = try await computer.ssh(1, "ip link add eth2 type bridge")
      let added = LocalInterface(
        network: .private("23"), mac: "02:0c:f5:00:02:01", address: "10.9.9.1/24")
      let problem = await #expect(throws: LocalMachineProblem.self) {
        try await machines.attach(added, to: "snf-1")
      }
      #expect(problem?.summary == "`snf-1` does not take eth2")
      _ = try await computer.ssh(1, "ip link del eth2")
      try await machines.attach(added, to: "snf-1")
      #expect(
        try await computer.ssh(1, "cat /sys/class/net/eth2/address") == "02:0c:f5:00:02:01")
    }
  }

  @Test(
    "Whoever opens the directory again finds the machines; a killed creation leaves one to remove")
  func adoption() async throws {
    try await onMachines("adopt") { computer in
      try await computer.machines.create(computer.order(1))
      let again = try LocalMachines(
        stateDirectory: computer.state, treesDirectory: computer.trees)
      #expect(try await again.list() == [LocalMachine(id: "snf-1", state: .running)])
      let process = try #require(try await again.process("snf-1"))
      // An order that is there is left as it is.
      try await again.create(computer.order(1))
      #expect(try await again.process("snf-1") == process)
      for delay in ["0.05", "0.15", "0.3", "0.5"] {
        // The whole program is killed, not only what waits for it.
        _ = try await Computer.shell(
          """
          order=$(sed 's/ 02:0c:f5:00:0\\(.\\):01 / 02:0c:f5:00:0\\1:03 /' "$1/machines/snf-1/order")
          setsid bash "$1/program/machine.sh" "$1" create snf-3 <<<"$order" 2>/dev/null & run=$!
          sleep "$2"; kill -KILL -- "-$run"; wait "$run" 2>/dev/null; true
          """, [computer.state, delay])
        try await again.destroy("snf-3")
        #expect(try await again.list() == [LocalMachine(id: "snf-1", state: .running)])
      }
      try await again.destroy("snf-1")
      #expect(try await again.list() == [])
      #expect(try await again.state("snf-1") == nil)
    }
  }

  @Test("Machines start and stop while another call waits for a tree to be built")
  func buildsBeside() async throws {
    try await onMachines("build") { computer in
      try await computer.machines.create(computer.order(1))
      try await computer.machines.stop("snf-1", patience: 0)
      // Somebody else holds the trees, where one is missing.
      let seen = try await Computer.shell(
        """
        export OMTD_HOSTS_TREES=$1-keys/trees
        mkdir "$OMTD_HOSTS_TREES"
        exec 5<"$OMTD_HOSTS_TREES"; flock 5
        setsid bash "$1/program/machine.sh" "$1" prepare debian-12-python 5<&- 2>/dev/null & run=$!
        for i in {1..100}; do
          [[ $(readlink "/proc/$run/fd/7") != "$OMTD_HOSTS_TREES" ]] || break; sleep 0.1
        done
        timeout 30 bash "$1/program/machine.sh" "$1" start snf-1 5<&- && echo started
        timeout 30 bash "$1/program/machine.sh" "$1" stop snf-1 0 5<&- && echo stopped
        kill -KILL -- "-$run" && echo waited
        """, [computer.state])
      #expect(seen == "started\nstopped\nwaited")
    }
  }

  @Test("Limits of the order are those of the machine's control groups, and sshd waits as told")
  func limits() async throws {
    try await onMachines("limit") { computer in
      var order = computer.order(1)
      order.memory = 256
      order.sshDelay = 6
      try await computer.machines.create(order)
      let early = try await Computer.shell(
        "sleep 3; (exec 3<>/dev/tcp/$1/22) 2>/dev/null && echo open || echo closed",
        [computer.address(1)])
      #expect(early == "closed")
      _ = try await computer.ssh(1, "true")
      let limit = try await Computer.shell(
        """
        g=$(grep -E '/memory/|unified|/fs/cgroup/[^/]*$' "$1/machines/snf-1/cgroups" | head -n 1)
        cat "$g/memory.max" "$g/memory.limit_in_bytes" 2>/dev/null | head -n 1
        """, [computer.state])
      #expect(limit == "268435456")
    }
  }
}
