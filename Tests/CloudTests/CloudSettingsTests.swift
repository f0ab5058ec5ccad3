import Cloud
import Diagnostics
import Testing

/// The files and what kamaki 0.16 under Python 2.7 makes of them.
@Suite struct CloudSettingsTests {
  struct Row: Sendable {
    var id: String
    var file: String
    var variables: [String: String] = [:]
    var name: String?
    /// Cloud, URL, tokens.
    var found: [String]
  }

  static let two = """
    [cloud "a"]
    url = https://a/v2.0
    token = TA
    [cloud "b"]
    url = https://b/v2.0
    token = TB

    """
  static func one(_ token: String) -> String {
    "[cloud \"a\"]\nurl = https://a/v2.0\ntoken = \(token)\n"
  }

  static let readable: [Row] = [
    Row(id: "only cloud", file: "[global]\n" + one("T1"), found: ["a", "https://a/v2.0", "T1"]),
    Row(
      id: "default cloud", file: "[global]\ndefault_cloud = b\n" + two,
      found: ["b", "https://b/v2.0", "TB"]),
    Row(
      id: "the file beats the variable", file: "[global]\ndefault_cloud = b\n" + two,
      variables: ["KAMAKI_DEFAULT_CLOUD": "a"], found: ["b", "https://b/v2.0", "TB"]),
    Row(
      id: "variable", file: two, variables: ["KAMAKI_DEFAULT_CLOUD": "b"],
      found: ["b", "https://b/v2.0", "TB"]),
    Row(
      id: "a name beats both", file: "[global]\ndefault_cloud = b\n" + two,
      variables: ["KAMAKI_DEFAULT_CLOUD": "b"], name: "a", found: ["a", "https://a/v2.0", "TA"]),
    Row(
      id: "empty default", file: "[global]\ndefault_cloud =\n" + one("TA"),
      found: ["a", "https://a/v2.0", "TA"]),
    Row(
      id: "special characters",
      file: "[cloud \"~ok@ea#n$o.s:-_1\"]\nurl = https://a/v2.0\ntoken = TA\n",
      found: ["~ok@ea#n$o.s:-_1", "https://a/v2.0", "TA"]),
    Row(
      id: "text behind the name",
      file: "[cloud \"a\" x]\nurl = https://a/v2.0\ntoken = TA\n",
      found: ["a", "https://a/v2.0", "TA"]),
    Row(
      id: "text behind the bracket",
      file: "[cloud \"a\"] ; mine\nurl = https://a/v2.0\ntoken = TA\n",
      found: ["a", "https://a/v2.0", "TA"]),
    Row(
      id: "colons and case", file: "[cloud \"a\"]\nURL: https://a/v2.0\nToken :  TA  \n",
      found: ["a", "https://a/v2.0", "TA"]),
    Row(
      id: "comments behind values",
      file: "[cloud \"a\"]\nurl = https://a/v2.0 ; home\ntoken = T#A ;x\n",
      found: ["a", "https://a/v2.0", "T#A"]),
    Row(id: "semicolon", file: one("T;A"), found: ["a", "https://a/v2.0", "T;A"]),
    Row(
      id: "only the first semicolon counts", file: one("T;A ;b"),
      found: ["a", "https://a/v2.0", "T;A", ";b"]),
    Row(
      id: "comment lines",
      file: "# x\n; y\nrem z\nREM = 1\n[cloud \"a\"]\nremote = 3\n#token = no\n"
        + "url = https://a/v2.0\ntoken = TA\n", found: ["a", "https://a/v2.0", "TA"]),
    Row(
      id: "lines that go on", file: one("TA\n   TB\n\n\tTC"),
      found: ["a", "https://a/v2.0", "TA", "TB", "TC"]),
    Row(
      id: "an indented comment goes on, too", file: one("TA\n  # TB"),
      found: ["a", "https://a/v2.0", "TA", "#", "TB"]),
    Row(id: "several tokens", file: one("TA  TB"), found: ["a", "https://a/v2.0", "TA", "TB"]),
    Row(
      id: "sections of one name merge", file: one("TA") + "[global]\n[cloud \"a\"]\ntoken = TB\n",
      found: ["a", "https://a/v2.0", "TB"]),
    Row(
      id: "carriage returns", file: "[cloud \"a\"]\r\nurl = https://a/v2.0\r\ntoken = TA\r\n",
      found: ["a", "https://a/v2.0", "TA"]),
    Row(id: "equals signs", file: one("TA=="), found: ["a", "https://a/v2.0", "TA=="]),
    Row(id: "no interpolation", file: one("T%(x)s"), found: ["a", "https://a/v2.0", "T%(x)s"]),
    Row(
      id: "no blanks",
      file: "[global]\ndefault_cloud=a\n[cloud \"a\"]\nurl=https://a/v2.0\ntoken=TA",
      found: ["a", "https://a/v2.0", "TA"]),
  ]

  @Test(arguments: readable)
  func aFileIsReadAsKamakiReadsIt(_ row: Row) throws {
    let settings = try CloudSettings.resolve(
      name: row.name, environment: row.variables, home: "/home/me",
      readFile: { $0 == "/home/me/.kamakirc" ? row.file : nil })
    let found = [settings.name, settings.authURL] + settings.tokens.map { $0.open() }
    #expect(found == row.found, "\(row.id)")
  }

  struct Fault: Sendable {
    var file: String?
    var variables: [String: String] = [:]
    var name: String?
    var line: Int?
    var summary: String
  }

  static let unreadable: [Fault] = [
    Fault(
      file: two, summary: "`/home/me/.kamakirc` has 2 clouds and none is the default: `a`, `b`"),
    Fault(
      file: "[cloud a]\nurl = https://a/v2.0\n", line: 1,
      summary: "`[cloud a]` does not name a cloud"),
    Fault(
      file: "[cloud \"a b\"]\nurl = https://a/v2.0\n", line: 1,
      summary: "`[cloud \"a b\"]` does not name a cloud"),
    Fault(
      file: "[global]\ndefault_cloud = c\n" + two,
      summary: "`/home/me/.kamakirc` has no cloud `c`, only `a`, `b`"),
    Fault(
      file: "[cloud \"a\"]\nurl = https://a/v2.0\ntoken = \"\"\n",
      summary: "cloud `a` of `/home/me/.kamakirc` has no `token`"),
    Fault(
      file: "[cloud \"a\"]\ntoken = T\n",
      summary: "cloud `a` of `/home/me/.kamakirc` has no `url`"),
    Fault(
      file: "url = https://a/v2.0\n", line: 1, summary: "expected a section such as `[global]`"),
    Fault(file: "[cloud \"a\"]\nurl https//a\n", line: 2, summary: "expected `key = value`"),
    Fault(
      file: "[cloud \"a\"]\n  url = https://a/v2.0\n", line: 2, summary: "expected `key = value`"),
    Fault(
      file: "[global]\nurl = https://a/v2.0\ntoken = T\n", line: 2,
      summary: "`[global]` holds a cloud in the format of kamaki 0.8"),
    Fault(file: "[global]\n", summary: "`/home/me/.kamakirc` has no cloud"),
    Fault(
      file: "[cloud \"a\"]\nurl = ftp://me:pw@a/\ntoken = T\n", line: 2,
      summary: "`url` is not an `https` or `http` address"),
    Fault(file: nil, summary: "no cloud is configured"),
    Fault(
      file: nil, variables: ["KAMAKI_CONFIG": "/x"], summary: "cannot read `/x` (`KAMAKI_CONFIG`)"),
    Fault(
      file: two, variables: ["OMTD_CLOUD_URL": "https://a"],
      summary: "`OMTD_CLOUD_URL` is set, but `OMTD_CLOUD_TOKEN` is not"),
    Fault(
      file: two, variables: ["OMTD_CLOUD_TOKEN": "T"],
      summary: "`OMTD_CLOUD_TOKEN` is set, but `OMTD_CLOUD_URL` is not"),
    Fault(
      file: two, variables: ["OMTD_CLOUD_URL": "https://b", "OMTD_CLOUD_TOKEN": "T"], name: "a",
      line: 2, summary: "cloud `a` is at another address than `OMTD_CLOUD_URL` says"),
    Fault(
      file: nil, variables: ["OMTD_CLOUD_URL": "https://b", "OMTD_CLOUD_TOKEN": "T\u{e9}"],
      summary: "the token has a character that no token has"),
  ]

  @Test(arguments: unreadable)
  func whatIsWrongIsSaidWithItsPlace(_ row: Fault) {
    let error = #expect(throws: Diagnostic.self) {
      try CloudSettings.resolve(
        name: row.name, environment: row.variables, home: "/home/me",
        readFile: { $0 == "/home/me/.kamakirc" ? row.file : nil })
    }
    #expect(error?.summary == row.summary)
    #expect(error?.location?.line == row.line)
  }

  @Test func theEnvironmentComesBeforeTheFile() throws {
    let settings = try CloudSettings.resolve(
      environment: ["OMTD_CLOUD_URL": "https://c.example.org/identity", "OMTD_CLOUD_TOKEN": "TC"],
      home: "/h", readFile: { _ in Self.two })
    #expect(settings.name == "c.example.org")
    #expect(settings.authURL == "https://c.example.org/identity")
    #expect(settings.tokens == [Token("TC")])
  }

  @Test func anotherFileCanBeNamed() throws {
    let settings = try CloudSettings.resolve(
      environment: ["KAMAKI_CONFIG": "/etc/rc"], home: "/h",
      readFile: { $0 == "/etc/rc" ? Self.one("TX") : nil })
    #expect(settings.tokens == [Token("TX")])
  }

  @Test(arguments: [(true, "/ca.pem"), (false, nil)] as [(Bool, String?)])
  func certificatesAreThoseOfTheFileWhereTheyExist(exists: Bool, expected: String?) throws {
    let text = "[global]\nca_certs = /ca.pem\nignore_ssl = ON\n" + Self.one("T")
    let settings = try CloudSettings.resolve(
      environment: [:], home: "/h",
      readFile: { $0 == "/h/.kamakirc" ? text : exists && $0 == "/ca.pem" ? "x" : nil })
    #expect(settings.caFile == expected)
    #expect(settings.isInsecure)
  }

  @Test func servicesCanHaveTheirOwnAddressesAndTokens() throws {
    let text =
      Self.one("T") + "cyclades_url = https://c/compute\nnetwork_token = TN\nhistory_limit = 3\n"
    let settings = try CloudSettings.resolve(
      environment: [:], home: "/h", readFile: { _ in text })
    #expect(settings.serviceURLs == [.compute: "https://c/compute"])
    #expect(settings.serviceTokens == [.network: Token("TN")])
  }

  @Test func aTokenNeverShows() {
    let settings = CloudSettings(name: "a", authURL: "https://a", tokens: [Token("S3CR3T")])
    var dumped = ""
    dump(settings, to: &dumped)
    let shown = ["\(settings)", String(reflecting: settings), dumped, "\(settings.tokens[0])"]
    #expect(shown.allSatisfy { !$0.contains("S3CR3T") })
    #expect("\(settings.tokens[0])" == "(redacted)")
    #expect(Token("S3CR3T").redacted(from: "a S3CR3T b S3CR3T") == "a (redacted) b (redacted)")
  }

  @Test(
    arguments: [
      (.network, "https://h/network", "https://h/network/v2.0"),
      (.network, "https://h/network/", "https://h/network/v2.0"),
      (.network, "https://h/network/v2.0", "https://h/network/v2.0"),
      (.network, "https://h/network/v2.0//", "https://h/network/v2.0"),
      (.volume, "https://h/volume/v2", "https://h/volume/v2"),
      (.volume, "https://h/v2.0/volume", "https://h/v2.0/volume/v2.0"),
      (.image, "https://h/image", "https://h/image/v1.0"),
      (.compute, "https://h/compute/v12.34", "https://h/compute/v12.34"),
      (.compute, "https://h/compute/v", "https://h/compute/v/v2.0"),
      (.compute, "https://h/compute/v2.", "https://h/compute/v2./v2.0"),
      (.compute, "https://h/compute/v2.0.1", "https://h/compute/v2.0.1/v2.0"),
      (.compute, "https://h/compute/version2", "https://h/compute/version2/v2.0"),
      (.objectStore, "https://h/object-store", "https://h/object-store/v1"),
      (.identity, "https://h/identity", "https://h/identity/v2.0"),
      (.account, "https://h/account/v1.0", "https://h/account/v1.0"),
    ] as [(ServiceKind, String, String)])
  func anEndpointWithoutAVersionGetsTheUsualOne(
    kind: ServiceKind, published: String, used: String
  ) {
    #expect(kind.versioned(published) == used)
  }
}
