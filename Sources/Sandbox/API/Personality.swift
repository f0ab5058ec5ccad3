import FoundationEssentials
import LocalHosts

/// A file of a create request, and what would make the build fail on it.
struct PersonalityFile {
  var file: LocalFile
  var fault: String?
}

extension World {
  /// - Throws: 413 for too many or too large, 400 for other keys and bad base64, 500 without contents.
  func personality(_ body: Wire?) throws(APIFault) -> [PersonalityFile] {
    guard let body, !body.isNull else { return [] }
    guard let items = body.items else { throw .badRequest("Malformed personality") }
    guard items.count <= settings.maxPersonality else {
      throw .overLimit("Maximum number of personalities exceeded")
    }
    var files: [PersonalityFile] = []
    for item in items { files.append(try file(item)) }
    return files
  }

  private func file(_ item: Wire) throws(APIFault) -> PersonalityFile {
    let allowed: Set = ["path", "contents", "owner", "group", "mode"]
    guard let pairs = item.pairs, pairs.allSatisfy({ allowed.contains($0.0) }) else {
      throw .badRequest("Malformed personality in request")
    }
    guard let contents = item["contents"] else { throw .unexpected }
    guard let text = contents.text else { throw .badRequest("Invalid personality contents") }
    guard text.utf8.count <= settings.maxPersonalitySize else {
      throw .overLimit("Maximum size of personality exceeded")
    }
    guard let data = Data(base64Encoded: text) else {
      throw .badRequest("Invalid personality contents: not base64")
    }
    guard data.count <= settings.maxPersonalitySize else {
      throw .overLimit("Maximum size of personality exceeded")
    }
    var fault: String?
    let path = item["path"]?.text ?? ""
    if path.isEmpty { fault = "personality without a path" }
    let mode = item["mode"].map { $0.int } ?? 0o440
    if mode == nil || !(0...0o7777).contains(mode ?? 0) {
      fault = "personality \(path): the mode is no number"
    }
    return PersonalityFile(
      file: LocalFile(
        path: path, contents: [UInt8](data), owner: item["owner"]?.text ?? "root",
        group: item["group"]?.text ?? "root", mode: UInt32(clamping: mode ?? 0o440)),
      fault: fault)
  }
}
