/// SSH keys of a user (`/compute/v2.0/os-keypairs`).
extension World {
  func getKeypairs(_ session: Session) -> Reply {
    let own = keypairs.inOrder.filter { $0.user == session.user }
    return Reply(
      200, ["keypairs": .list(own.map { ["keypair": .object(pairs($0))] })])
  }

  func getKeypair(_ name: String, _ session: Session) throws(APIFault) -> Reply {
    let keypair = try keypair(name, session)
    let time = Wire.text(Timestamp.text(keypair.created))
    return Reply(
      200,
      [
        "keypair": .object(
          pairs(keypair) + [
            ("id", .int(keypair.id)), ("created_at", time), ("updated_at", time),
            ("deleted", false), ("deleted_at", nil),
          ])
      ])
  }

  func keypair(_ name: String, _ session: Session) throws(APIFault) -> Keypair {
    let own = keypairs.rows.values.filter { $0.user == session.user }
    guard let row = own.first(where: { $0.name == name }) else {
      throw .notFound("Keypair \(name) not found.")
    }
    return row
  }

  mutating func postKeypairs(_ request: Request, _ session: Session) throws(APIFault) -> Reply {
    let body = try request.object("keypair")
    guard let name = body["name"]?.text, !name.isEmpty,
      name.unicodeScalars.allSatisfy({ (32...126).contains($0.value) })
    else { throw .badRequest("Malformed request: no printable name") }
    guard (try? keypair(name, session)) == nil else {
      throw .conflict("A keypair with the name \(name) exists")
    }
    guard keypairs.rows.values.filter({ $0.user == session.user }).count < settings.maxKeypairs
    else {
      return Reply(
        500, headers: [("Content-Type", "text/plain")],
        bytes: Array("SSH keys limit exceeded".utf8))
    }
    var privateKey: String?
    var publicKey = ""
    if let given = body["public_key"], !given.isNull {
      publicKey = given.text ?? ""
    } else if let pair = GeneratedKey() {
      (publicKey, privateKey) = (pair.publicLine, pair.privatePEM)
    } else {
      throw .unexpected
    }
    let id = next(.keypair)
    let row = Keypair(
      id: id, name: name, user: session.user, publicKey: publicKey,
      fingerprint: Digest.fingerprint(ofKey: publicKey), created: now)
    keypairs[id] = row
    trace(.created, "keypair", id, name)
    let secret = privateKey.map { [("private_key", Wire.text($0))] } ?? []
    return Reply(201, ["keypair": .object(pairs(row) + secret)])
  }

  mutating func deleteKeypair(_ name: String, _ session: Session) throws(APIFault) -> Reply {
    let row = try keypair(name, session)
    keypairs[row.id] = nil
    trace(.deleted, "keypair", row.id, name)
    return Reply(204)
  }

  private func pairs(_ keypair: Keypair) -> [(String, Wire)] {
    [
      ("name", .text(keypair.name)), ("fingerprint", .text(keypair.fingerprint)),
      ("public_key", .text(keypair.publicKey)),
    ]
  }
}
