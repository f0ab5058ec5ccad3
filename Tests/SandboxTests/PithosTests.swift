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
}
