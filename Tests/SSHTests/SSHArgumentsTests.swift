import SSH
import Testing
import Transport

/// Words for `ssh`, and what `ssh -G` answers.
@Suite struct SSHArgumentsTests {
  @Test func theUsualCommonArgumentsAreUnderstood() {
    let words = Quoting.split(
      "-o UserKnownHostsFile=/k -oStrictHostKeyChecking=no -o 'IdentityFile /a' -i /b -p 2222 -l deploy "
        + "-o ControlMaster=auto -o ControlPersist=60s -C -o ConnectTimeout=7 -o IdentitiesOnly=yes -J jump"
    )
    let arguments = SSHArguments(words ?? [])
    #expect(arguments.foreign == nil)
    #expect(arguments.knownHostsFiles == ["/k"])
    #expect(arguments.checking == .off)
    #expect(arguments.keyFiles == ["/a", "/b"])
    #expect(arguments.port == 2222 && arguments.user == "deploy")
    #expect(arguments.connectTimeout == .seconds(7))
    #expect(arguments.identitiesOnly && arguments.proxyJump == "jump")
  }

  @Test(
    arguments: [
      (["-o", "PubkeyAuthentication=no"], false),
      (["-o", "PubkeyAuthentication=yes", "-o", "PubkeyAuthentication=no"], true),
      (["-o", "PubkeyAuthentication yes"], true),
      (["-o", "PreferredAuthentications=password"], false),
      (["-o", "PreferredAuthentications=publickey,password"], true),
      (["-o", "ForwardAgent=no", "-o", "Tunnel=no"], true),
    ] as [([String], Bool)])
  func whatIsOnlyLeftOutNeedsNoOpenSSH(words: [String], usesKeys: Bool) {
    let arguments = SSHArguments(words)
    #expect(arguments.foreign == nil)
    #expect(arguments.usesKeys() == usesKeys)
    // The command line comes before the configuration.
    let said = SSHArguments(["-o", "PubkeyAuthentication=yes"])
    #expect(said.usesKeys(SSHArguments(["-o", "PubkeyAuthentication=no"])))
    #expect(!SSHArguments([]).usesKeys(SSHArguments(["-o", "PubkeyAuthentication=no"])))
  }

  struct Foreign: Sendable {
    var words: [String]
    var word: String
  }

  private static let foreign: [Foreign] = [
    Foreign(words: ["-o", "ProxyCommand=nc %h %p"], word: "ProxyCommand=nc %h %p"),
    Foreign(words: ["-A"], word: "-A"),
    Foreign(words: ["-o", "ForwardAgent=yes"], word: "ForwardAgent=yes"),
    Foreign(
      words: ["-o", "PreferredAuthentications=publickey"],
      word: "PreferredAuthentications=publickey"),
    Foreign(words: ["-o", "PreferredAuthentications=x"], word: "PreferredAuthentications=x"),
    Foreign(words: ["-o", "Ciphers=aes128-ctr"], word: "Ciphers=aes128-ctr"),
    Foreign(words: ["-F", "/x"], word: "-F"),
    Foreign(words: ["-o"], word: "-o"),
    Foreign(words: ["-"], word: "-"),
    Foreign(words: ["host"], word: "host"),
    Foreign(words: ["-o", "StrictHostKeyChecking=maybe"], word: "StrictHostKeyChecking=maybe"),
  ]

  @Test(arguments: foreign) func otherWordsAreForOpenSSH(_ row: Foreign) {
    #expect(SSHArguments(row.words).foreign == row.word)
  }

  @Test func theFirstMentionCountsAndTheEndpointComesFirst() {
    let arguments = SSHArguments(["-p", "1", "-o", "Port=2", "-o", "User=a", "-l", "b"])
    #expect(arguments.port == 1 && arguments.user == "a")
    let endpoint = arguments.applied(to: Endpoint(kind: .ssh, host: "h", port: 9))
    #expect(endpoint.port == 9 && endpoint.user == "a")
  }

  @Test func whatConfigurationChangesIsTheDifferenceToNone() {
    let plain = SSHConfiguration.settings(
      Array("host web\nuser root\nhostname web\nport 22\nidentityfile ~/.ssh/id_rsa\n".utf8))
    let configured = SSHConfiguration.settings(
      Array(
        "host web\nuser deploy\nhostname 10.0.0.5\nport 2200\nidentityfile ~/.ssh/work\nsendenv LANG\n"
          .utf8))
    let answer = SSHConfiguration.difference(host: "web", configured: configured, plain: plain)
    #expect(answer.host == "10.0.0.5" && answer.foreign == nil)
    #expect(answer.arguments.user == "deploy" && answer.arguments.port == 2200)
    #expect(answer.arguments.keyFiles == ["~/.ssh/work"])
    let foreign = SSHConfiguration.difference(
      host: "web", configured: ["proxycommand": ["nc %h %p"]], plain: [:])
    #expect(foreign.foreign == "proxycommand nc %h %p")
  }

  @Test func openSSHIsCalledWithoutQuestions() {
    var endpoint = Endpoint(
      kind: .ssh, host: "web", port: 2222, user: "deploy", keyFiles: ["/k"],
      password: Password("hunter2"), hostKeyChecking: .acceptNew, knownHostsFiles: ["/a", "/b"],
      proxyJump: "jump", commonArguments: ["-o", "ProxyCommand=x"])
    endpoint.timeouts.connect = .seconds(7)
    let words = OpenSSHClient.arguments(for: endpoint)
    #expect(
      words == [
        "ssh", "-T", "-o", "ProxyCommand=x", "-o", "BatchMode=yes", "-o", "ControlMaster=no", "-o",
        "ControlPath=none", "-o", "ConnectTimeout=7", "-o", "ServerAliveInterval=10", "-o",
        "ServerAliveCountMax=3", "-o", "RequestTTY=no", "-o", "KexAlgorithms=^curve25519-sha256",
        "-o", "StrictHostKeyChecking=accept-new", "-o", "UserKnownHostsFile=/a /b", "-i", "/k",
        "-p", "2222", "-l", "deploy", "-J", "jump", "--", "web",
      ])
  }
}
