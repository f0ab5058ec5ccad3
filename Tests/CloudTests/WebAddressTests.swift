import Cloud
import Testing

@Suite struct WebAddressTests {
  @Test(
    arguments: [
      ("https://a.example.org", "https://a.example.org", "/", nil),
      ("HTTPS://A.Example.org:443/x", "https://a.example.org", "/x", nil),
      ("http://a:8080/x/y?q=1&r=a?b#part", "http://a:8080", "/x/y", "q=1&r=a?b"),
      ("http://a?q", "http://a", "/", "q"), ("https://[::1]:9/x", "https://[::1]:9", "/x", nil),
      ("http://a:80/", "http://a", "/", nil), ("https://a:80/", "https://a:80", "/", nil),
      ("https://h/v1?", "https://h", "/v1", ""),
    ] as [(String, String, String, String?)])
  func anAddressIsTakenApart(text: String, origin: String, path: String, query: String?) throws {
    let address = try #require(WebAddress(text))
    #expect(address.origin == origin)
    #expect(address.path == path)
    #expect(address.query == query)
  }

  @Test(arguments: [
    "", "x", "ftp://a/", "https:/a", "https://", "https:///x", "https://:80/", "https://a:/",
    "https://a:0/", "https://a:65536/", "https://a:+1/", "https://a:b/", "https://me:pw@a/",
    "https://a b/", "https://a/x y", "https://a/\n", "https://::1/", "https://[]/", "file:///etc",
    "https://a\u{7f}/",
  ])
  func whatIsNoWebAddressIsRefused(_ text: String) {
    #expect(WebAddress(text) == nil)
  }

  /// RFC 3986, 5.2, less the dots, which servers take out themselves.
  @Test(
    arguments: [
      ("https://b/x", "https://b/x"), ("http://b/x", "http://b/x"), ("//b/x", "https://b/x"),
      ("/x?y", "https://a:8/x?y"), ("z", "https://a:8/p/z"), ("z:1", nil),
      ("?y", "https://a:8/p/q?y"),
      ("z/w:1", "https://a:8/p/z/w:1"), ("mailto:x", nil), ("https://x:y@b/", nil),
    ] as [(String, String?)])
  func aRedirectLeadsFromTheAddressThatSentIt(location: String, target: String?) throws {
    let here = try #require(WebAddress("https://a:8/p/q?old"))
    #expect(here.resolving(location)?.description == target)
  }

  @Test(arguments: [
    ("http://127.0.0.1:1/", true), ("http://localhost/", true), ("http://[::1]/", true),
    ("http://127.evil.example.org/", false), ("http://localhost.example.org/", false),
    ("http://192.0.2.1/", false), ("http://1270.0.0.1/", false),
  ])
  func onlyAddressesOfThisMachineAreLoopback(text: String, isLoopback: Bool) throws {
    #expect(try #require(WebAddress(text)).isLoopback == isLoopback)
  }

  @Test(arguments: [
    ("a b", "a%20b", "a%20b"), ("a/b", "a%2Fb", "a/b"),
    ("é%?#", "%C3%A9%25%3F%23", "%C3%A9%25%3F%23"),
    ("A-z_0.9~", "A-z_0.9~", "A-z_0.9~"), ("\n", "%0A", "%0A"), ("", "", ""),
  ])
  func textIsEncodedForPaths(text: String, segment: String, path: String) {
    #expect(WebAddress.encoded(text) == segment)
    #expect(WebAddress.encodedPath(text) == path)
  }
}
