import Sandbox
import Testing

/// Row 22: containers and objects.
@Suite struct PithosTests {
  private static let plain = [("Content-Type", "text/plain")]

  @Test("Containers and objects: 201, 202, 204, 404, 409, 411, 413, 422 (row 22)")
  func statuses() async throws {
    try await TestCloud.run { cloud in
      let path = "/object-store/v1/$user/box"
      func send(
        _ method: String, _ path: String, _ body: String? = nil,
        _ headers: [(String, String)] = PithosTests.plain
      ) async throws -> Int {
        try await cloud.call(method, path, body, headers: headers).status
      }
      #expect(try await send("PUT", path + "/a", "x") == 404)
      #expect(try await send("PUT", path, "") == 201)
      #expect(try await send("PUT", path, "") == 202)
      #expect(try await send("PUT", path, "", [("X-Container-Policy-Colour", "red")]) == 400)
      #expect(try await send("HEAD", path) == 204)
      #expect(try await send("HEAD", "/object-store/v1/$user/none") == 404)
      #expect(try await send("PUT", path + "/a", "hello") == 201)
      #expect(try await send("PUT", path + "/b", "hello", []) == 411)
      #expect(try await send("PUT", path + "/b", nil) == 411)
      #expect(
        try await send("PUT", path + "/b", "x", Self.plain + [("ETag", "00")]) == 422)
      #expect(try await send("GET", path + "/none") == 404)
      #expect(try await send("DELETE", path) == 409)
      #expect(try await send("DELETE", path + "/a") == 204)
      #expect(try await send("DELETE", path + "/a") == 404)
      #expect(try await send("DELETE", path) == 204)
      #expect(try await send("GET", "/object-store/v1/somebody/box") == 403)
      #expect(
        try await send("PUT", "/object-store/v1/$user/q", "", [("X-Container-Policy-Quota", "4")])
          == 201)
      let full = try await cloud.call(
        "PUT", "/object-store/v1/$user/q/a", "12345", headers: Self.plain)
      #expect(full.fault == "413 requestEntityTooLarge")
    }
  }

  @Test("Listing, ranges and hashes of objects (row 22)")
  func contents() async throws {
    try await TestCloud.run { cloud in
      let path = "/object-store/v1/$user/box"
      _ = try await cloud.call("PUT", path, "", headers: Self.plain)
      for name in ["a", "dir/b", "dir/c", "z%20z"] {
        let put = try await cloud.call("PUT", path + "/" + name, "hello", headers: Self.plain)
        // `printf hello | sha256sum`: one block is its own root.
        #expect(
          put.response.headers["etag"]
            == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
      }
      let list = try await cloud.call("GET", path + "?format=json&delimiter=/")
      #expect(
        list.json.items?.compactMap { ($0["name"] ?? $0["subdir"])?.text } == ["a", "dir/", "z z"])
      #expect(list.at("0.bytes") == "5" && Int(list.at("0.x_object_version")) != nil)
      let text = try await cloud.call("GET", path + "?prefix=dir/")
      #expect(text.text == "dir/b\ndir/c\n")
      let next = try await cloud.call("GET", path + "?marker=a&limit=1")
      #expect(next.text == "dir/b\n")
      let part = try await cloud.call("GET", path + "/a", headers: [("Range", "bytes=1-3")])
      #expect(part.status == 206 && part.text == "ell")
      let head = try await cloud.call("HEAD", path + "/a")
      #expect(head.response.headers["content-length"] == "5" && head.text.isEmpty)
      let account = try await cloud.call("HEAD", "/object-store/v1/$user")
      #expect(account.response.headers["x-account-bytes-used"] == "20")
      #expect(account.response.headers["x-account-container-count"] == "1")
      #expect(try await cloud.call("DELETE", path + "?delimiter=/").status == 204)
      #expect(try await cloud.call("GET", path).status == 204)
    }
  }

  @Test("Past versions are kept, read by their number, and count until their container goes")
  func versions() async throws {
    try await TestCloud.run { cloud in
      let path = "/object-store/v1/$user/box"
      func put(_ body: String) async throws -> String {
        let answer = try await cloud.call("PUT", path + "/a", body, headers: Self.plain)
        return answer.response.headers["x-object-version"] ?? "\(answer.text)"
      }
      _ = try await cloud.call("PUT", path, "", headers: Self.plain)
      let first = try await put("one")
      let second = try await put("second")
      #expect(try await cloud.call("GET", path + "/a").text == "second")
      let past = try await cloud.call("GET", path + "/a?version=\(first)")
      #expect(past.text == "one" && past.response.headers["x-object-version"] == first)
      #expect(try await cloud.call("GET", path + "/a?version=\(second)").text == "second")
      #expect(try await cloud.call("GET", path + "/b?version=\(first)").status == 404)
      #expect(try await cloud.call("GET", path + "/a?version=99").fault == "404 itemNotFound")
      #expect(try await cloud.call("GET", path + "/a?version=x").fault == "400 badRequest")
      let list = try await cloud.call("GET", path + "/a?version=list&format=json")
      #expect(list.fault == "501 notImplemented")
      #expect(try await cloud.call("DELETE", path + "/a").status == 204)
      #expect(try await cloud.call("GET", path + "/a").status == 404)
      #expect(try await cloud.call("GET", path + "/a?version=\(first)").text == "one")
      let container = try await cloud.call("HEAD", path)
      #expect(container.response.headers["x-container-bytes-used"] == "0")
      #expect(container.response.headers["x-container-object-count"] == "0")
      #expect(try await cloud.usage("pithos.diskspace") == "9/0")
      let account = try await cloud.call("HEAD", "/object-store/v1/$user")
      #expect(account.response.headers["x-account-bytes-used"] == "9")
      // As kamaki asks for it.
      #expect(try await cloud.call("DELETE", path + "?until=4102444800").status == 204)
      #expect(try await cloud.usage("pithos.diskspace") == "0/0")
      #expect(try await cloud.call("HEAD", path).status == 404)
    }
  }

  @Test("Without versioning nothing is kept of what was replaced or deleted")
  func unversioned() async throws {
    try await TestCloud.run { cloud in
      let path = "/object-store/v1/$user/box"
      _ = try await cloud.call(
        "PUT", path, "", headers: [("X-Container-Policy-Versioning", "none")])
      let first = try await cloud.call("PUT", path + "/a", "one", headers: Self.plain)
      _ = try await cloud.call("PUT", path + "/a", "second", headers: Self.plain)
      #expect(try await cloud.usage("pithos.diskspace") == "6/0")
      let version = first.response.headers["x-object-version"] ?? ""
      #expect(try await cloud.call("GET", path + "/a?version=\(version)").status == 404)
      #expect(try await cloud.call("DELETE", path + "/a").status == 204)
      #expect(try await cloud.usage("pithos.diskspace") == "0/0")
    }
  }

  /// What cannot be done here: the method, the query, the headers, and the fault.
  private static let unplayed: [(String, String, [(String, String)], String)] = [
    ("PUT", "/box/copy", [("X-Copy-From", "/box/a")], "501 notImplemented"),
    ("PUT", "/box/copy", [("X-Move-From", "/box/a")], "501 notImplemented"),
    ("PUT", "/box/copy", [("X-Object-Manifest", "box/a")], "501 notImplemented"),
    ("PUT", "/box/copy", [("X-Object-Public", "true")], "501 notImplemented"),
    ("COPY", "/box/a", [("Destination", "/box/copy")], "405 notAllowed"),
    ("MOVE", "/box/a", [("Destination", "/box/copy")], "405 notAllowed"),
    ("POST", "/box/a", [("X-Object-Meta-Colour", "red")], "405 notAllowed"),
    ("GET", "/box?until=1", [], "501 notImplemented"),
    ("GET", "/box?path=x", [], "501 notImplemented"),
    ("GET", "?shared", [], "501 notImplemented"),
  ]

  @Test("What is not played is refused, never done halfway", arguments: unplayed)
  func refused(
    method: String, path: String, headers: [(String, String)], fault: String
  ) async throws {
    try await TestCloud.run { cloud in
      let account = "/object-store/v1/$user"
      _ = try await cloud.call("PUT", account + "/box", "", headers: Self.plain)
      _ = try await cloud.call("PUT", account + "/box/a", "hello", headers: Self.plain)
      let answer = try await cloud.call(
        method, account + path, method == "GET" ? nil : "", headers: Self.plain + headers)
      #expect(answer.fault == fault, "\(answer.text)")
      #expect((answer.response.headers["allow"] != nil) == (answer.status == 405))
      #expect(try await cloud.call("GET", account + "/box").text == "a\n")
    }
  }

  @Test("Policies and metadata of containers are set by POST as well, metadata of objects by PUT")
  func metadata() async throws {
    try await TestCloud.run { cloud in
      let path = "/object-store/v1/$user/box"
      _ = try await cloud.call("PUT", path, "", headers: [("X-Container-Meta-Foo", "f")])
      func post(_ query: String, _ headers: [(String, String)]) async throws -> Int {
        try await cloud.call("POST", path + query, "", headers: headers).status
      }
      func head(_ name: String) async throws -> String? {
        try await cloud.call("HEAD", path).response.headers[name]
      }
      #expect(try await post("?update", [("X-Container-Meta-Baz", "q")]) == 202)
      #expect(try await head("x-container-meta-baz") == "q")
      #expect(try await head("x-container-meta-foo") == "f")
      #expect(try await post("", [("X-Container-Policy-Quota", "5")]) == 202)
      #expect(try await head("x-container-policy-quota") == "5")
      #expect(try await head("x-container-meta-baz") == nil)
      #expect(try await post("", [("X-Container-Policy-Quota", "-5")]) == 400)
      #expect(try await post("", [("X-Container-Policy-Colour", "red")]) == 400)
      let put = try await cloud.call(
        "PUT", path + "/a", "x", headers: Self.plain + [("X-Object-Meta-Colour", "red")])
      #expect(put.status == 201)
      for method in ["HEAD", "GET"] {
        let shown = try await cloud.call(method, path + "/a")
        #expect(shown.response.headers["x-object-meta-colour"] == "red")
      }
    }
  }

  /// RFC 9110, 13.2.2; `$tag` is the object's, `/none` is not there.
  private static let conditions: [(String, String, String, String, Int)] = [
    ("PUT", "/a", "If-None-Match", "*", 412), ("PUT", "/none", "If-None-Match", "*", 201),
    ("PUT", "/a", "If-Match", "\"x\"", 412), ("PUT", "/a", "If-Match", "\"$tag\"", 201),
    ("PUT", "/none", "If-Match", "*", 412), ("GET", "/a", "If-None-Match", "*", 304),
    ("GET", "/a", "If-None-Match", "\"x\", W/\"$tag\"", 304),
    ("HEAD", "/a", "If-None-Match", "$tag", 304), ("GET", "/a", "If-None-Match", "\"x\"", 200),
    ("GET", "/a", "If-Match", "\"x\"", 412), ("GET", "/a", "If-Match", "*", 200),
    ("GET", "/none", "If-None-Match", "*", 404), ("DELETE", "/a", "If-Match", "\"x\"", 412),
    ("DELETE", "/a", "If-Match", "$tag", 204),
  ]

  @Test("Conditions on tags hold, or nothing is done", arguments: conditions)
  func condition(
    method: String, name: String, header: String, value: String, status: Int
  ) async throws {
    try await TestCloud.run { cloud in
      let path = "/object-store/v1/$user/box"
      _ = try await cloud.call("PUT", path, "", headers: Self.plain)
      let put = try await cloud.call("PUT", path + "/a", "hello", headers: Self.plain)
      let tag = put.response.headers["etag"] ?? ""
      let answer = try await cloud.call(
        method, path + name, method == "PUT" ? "other" : nil,
        headers: Self.plain + [(header, value.replacing("$tag", with: tag))])
      #expect(answer.status == status, "\(answer.text)")
      if status == 412, method != "HEAD" { #expect(answer.fault == "412 preconditionFailed") }
      if status == 304 { #expect(answer.text.isEmpty) }
      guard status >= 300 else { return }
      #expect(try await cloud.call("GET", path + "/a").text == "hello")
      #expect(try await cloud.call("GET", path).text == "a\n")
    }
  }

  /// RFC 9110, 14.1.2, of `hello world`.
  private static let ranges: [(String, String)] = [
    ("bytes=-4", "206 orld bytes 7-10/11"), ("bytes=-99", "206 hello world bytes 0-10/11"),
    ("bytes=-0", "416"), ("bytes=6-", "206 world bytes 6-10/11"),
    ("bytes=0-4", "206 hello bytes 0-4/11"), ("bytes=11-", "416"), ("bytes=4-1", "416"),
    ("bytes=9-99999999999999999999", "206 ld bytes 9-10/11"), ("bytes=0-1,4-5", "200 hello world"),
    ("bytes=-", "200 hello world"), ("lines=1-2", "200 hello world"),
    ("bytes=a-b", "200 hello world"),
  ]

  @Test("Ranges from the front, from the end, and those that are none", arguments: ranges)
  func range(range: String, expected: String) async throws {
    try await TestCloud.run { cloud in
      let path = "/object-store/v1/$user/box"
      _ = try await cloud.call("PUT", path, "", headers: Self.plain)
      _ = try await cloud.call("PUT", path + "/a", "hello world", headers: Self.plain)
      let part = try await cloud.call("GET", path + "/a", headers: [("Range", range)])
      let place = part.response.headers["content-range"]
      let words = ["\(part.status)", part.status == 416 ? nil : part.text, place]
      #expect(words.compactMap { $0 }.joined(separator: " ") == expected)
    }
  }

  @Test("Containers are listed in pages, in the order of their names; text says that it is text")
  func listing() async throws {
    try await TestCloud.run { cloud in
      let account = "/object-store/v1/$user"
      for name in ["c2", "c1", "c3"] {
        _ = try await cloud.call("PUT", account + "/" + name, "", headers: Self.plain)
      }
      let pages = [
        ("", "c1\nc2\nc3\n"), ("?limit=1", "c1\n"), ("?limit=1&marker=c1", "c2\n"),
        ("?marker=c2", "c3\n"), ("?marker=c3", ""),
      ]
      for (query, names) in pages {
        let page = try await cloud.call("GET", account + query)
        #expect(page.text == names && page.status == (names.isEmpty ? 204 : 200), "\(query)")
        #expect(page.response.headers["content-type"] == "text/plain; charset=UTF-8")
      }
      let json = try await cloud.call("GET", account + "?format=json&limit=1&marker=c1")
      #expect(json.json.items?.count == 1 && json.at("0.name") == "'c2'")
      #expect(json.response.headers["content-type"] == "application/json; charset=UTF-8")
      _ = try await cloud.call("PUT", account + "/c1/a", "x", headers: Self.plain)
      let objects = try await cloud.call("GET", account + "/c1")
      #expect(objects.response.headers["content-type"] == "text/plain; charset=UTF-8")
    }
  }
}
