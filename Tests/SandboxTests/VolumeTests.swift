import Sandbox
import Testing

/// Row 21: volumes, their types, attaching and detaching.
@Suite struct VolumeTests {
  @Test("Creation is 202 and short; each refusal; metadata of the request is dropped (row 21)")
  func create() async throws {
    try await TestCloud.run { cloud in
      let path = "/volume/v2.0/volumes"
      func body(_ more: String) -> String { #"{"volume": {"# + more + "}}" }
      let made = try await cloud.call(
        "POST", path,
        body(#""display_name": "d", "size": 20, "volume_type": 1, "metadata": {"a": "b"}"#))
      #expect(made.status == 202)
      #expect(made.json["volume"]?.pairs?.map(\.0) == ["id", "display_name", "links"])
      let id = made.word("volume.id")
      #expect(made.at("volume.id") == "'\(id)'")
      let shown = try await cloud.call("GET", path + "/\(id)")
      #expect(shown.at("volume.status") == "'available'" && shown.at("volume.metadata") == "{}")
      #expect(shown.at("volume.volume_type") == "1" && shown.at("volume.attachments") == "[]")
      #expect(shown.at("volume.image_id") == "null")
      #expect(try await cloud.usage("cyclades.disk") == "\(20 << 30)/0")
      let named = #""display_name": "d", "#
      try await check(
        cloud,
        [
          Row("no name", "POST", path, body(#""size": 1, "volume_type": 1"#), "400 badRequest"),
          Row("no size", "POST", path, body(named + #""volume_type": 1"#), "400 badRequest"),
          Row(
            "zero", "POST", path, body(named + #""size": 0, "volume_type": 1"#), "400 badRequest"),
          Row(
            "large", "POST", path, body(named + #""size": 201, "volume_type": 1"#), "400 badRequest"
          ),
          Row("no type", "POST", path, body(named + #""size": 1"#), "400 badRequest"),
          Row(
            "not detachable", "POST", path, body(named + #""size": 1, "volume_type": 2"#),
            "400 badRequest"),
          Row(
            "no server", "POST", path, body(named + #""size": 1, "server_id": 99"#),
            "400 badRequest"),
          Row(
            "kept", "POST", path,
            body(named + #""size": 1, "volume_type": 1, "delete_on_termination": false"#),
            "501 notImplemented"),
          Row("none", "GET", path + "/9", nil, "404 itemNotFound"),
          Row("rename", "PUT", path + "/\(id)", body(#""display_name": "e""#), "200"),
          Row("more", "POST", path + "/\(id)/metadata", #"{"metadata": {"a": "1"}}"#, "200"),
          Row("all", "PUT", path + "/\(id)/metadata", #"{"metadata": {"b": "2"}}"#, "200"),
        ])
      let metadata = try await cloud.call("GET", path + "/\(id)/metadata")
      #expect(metadata.at("metadata") == #"{"b":"2"}"#)
      let types = try await cloud.call("GET", "/volume/v2/types")
      #expect(types.at("volume_types.0.SNF:detachable") == "true")
      #expect(types.at("volume_types.0.id") == "1")
      #expect(try await cloud.call("DELETE", path + "/\(id)").status == 202)
      #expect(try await cloud.call("GET", path + "/\(id)").at("volume.status") == "'deleting'")
      try await cloud.advance(2)
      #expect(try await cloud.call("GET", path + "/\(id)").at("volume.status") == "'deleted'")
      #expect(try await cloud.call("GET", path).at("volumes") == "[]")
      #expect(try await cloud.usage("cyclades.disk") == "0/0")
    }
  }

  @Test("Attach and detach: 202, statuses between, refusals, numbers as ids (row 21)")
  func attach() async throws {
    try await TestCloud.run { cloud in
      let path = "/volume/v2.0/volumes"
      let server = try await cloud.active()
      let disks = "/compute/v2.0/servers/\(server)/os-volume_attachments"
      let root = try await cloud.server(server).word("server.volumes.0")
      let id = try await cloud.call(
        "POST", path, #"{"volume": {"display_name": "d", "size": 1, "volume_type": 1}}"#
      ).word("volume.id")
      let body = #"{"volumeAttachment": {"volumeId": \#(id)}}"#
      let attached = try await cloud.call("POST", disks, body)
      #expect(attached.status == 202)
      #expect(attached.at("volumeAttachment.id") == id)
      #expect(attached.at("volumeAttachment.serverId") == server)
      #expect(try await cloud.call("GET", path + "/\(id)").at("volume.status") == "'attaching'")
      #expect(try await cloud.server(server).at("server.SNF:task_state") == "'ATTACHING_VOLUME'")
      #expect(try await cloud.call("POST", disks, body).fault == "400 badRequest")
      try await cloud.advance(2)
      let used = try await cloud.call("GET", path + "/\(id)")
      #expect(used.at("volume.status") == "'in_use'")
      #expect(used.at("volume.attachments.0.server_id") == server)
      #expect(used.at("volume.attachments.0.device_index") == "1")
      let list = try await cloud.call("GET", disks)
      #expect(list.at("volumeAttachments.0.volumeId") == root)
      #expect(list.at("volumeAttachments.1.volumeId") == id)
      #expect(try await cloud.call("POST", disks, body).fault == "400 badRequest")
      #expect(try await cloud.call("DELETE", disks + "/\(root)").fault == "400 badRequest")
      #expect(try await cloud.call("DELETE", path + "/\(root)").fault == "400 badRequest")
      #expect(try await cloud.call("DELETE", disks + "/\(id)").status == 202)
      #expect(try await cloud.call("GET", path + "/\(id)").at("volume.status") == "'detaching'")
      try await cloud.advance(2)
      #expect(try await cloud.call("GET", path + "/\(id)").at("volume.status") == "'available'")
      #expect(try await cloud.server(server).json["server"]?["volumes"]?.items?.count == 1)
      // A disk that a server has written on needs the operator's helper.
      #expect(try await cloud.call("DELETE", path + "/\(id)").fault == "404 itemNotFound")
    }
  }

  @Test("With a server a volume is attached while it is made, and dies with it (row 21)")
  func withServer() async throws {
    try await TestCloud.run { cloud in
      let path = "/volume/v2.0/volumes"
      let server = try await cloud.active()
      let id = try await cloud.call(
        "POST", path, #"{"volume": {"display_name": "d", "size": 2, "server_id": \#(server)}}"#
      ).word("volume.id")
      #expect(try await cloud.call("GET", path + "/\(id)").at("volume.status") == "'creating'")
      try await cloud.advance(2)
      #expect(try await cloud.call("GET", path + "/\(id)").at("volume.status") == "'in_use'")
      #expect(try await cloud.usage("cyclades.disk") == "\(7 << 30)/0")
      let moved = #"{"reassign": {"project": "$project"}}"#
      let root = try await cloud.server(server).word("server.volumes.0")
      #expect(
        try await cloud.call("POST", path + "/\(root)/action", moved).fault == "409 conflict")
      #expect(try await cloud.call("POST", path + "/\(id)/action", moved).status == 200)
      _ = try await cloud.call("DELETE", "/compute/v2.0/servers/\(server)")
      try await cloud.advance(2)
      #expect(try await cloud.call("GET", path + "/\(id)").at("volume.status") == "'deleted'")
      #expect(try await cloud.usage("cyclades.disk") == "0/0")
    }
  }

  @Test("A type of volumes by its number, and one that is none")
  func type() async throws {
    try await TestCloud.run { cloud in
      let all = try await cloud.call("GET", "/volume/v2.0/types")
      let id = all.word("volume_types.0.id")
      let one = try await cloud.call("GET", "/volume/v2.0/types/\(id)")
      #expect(one.status == 200)
      #expect(one.at("volume_type.name") == all.at("volume_types.0.name"))
      let none = try await cloud.call("GET", "/volume/v2.0/types/999")
      #expect(none.fault == "404 itemNotFound")
    }
  }
}
