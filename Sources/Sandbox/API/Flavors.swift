/// Flavors of servers (`/compute/v2.0/flavors`).
extension World {
  func getFlavors(_ request: Request, _ session: Session, isDetail: Bool) -> Reply {
    let access = request.query("SNF:flavor-access")
    let isPublic = request.query("SNF:is_public").map { $0.lowercased() == "true" }
    let shown = flavors.inOrder.filter { flavor in
      !flavor.isDeleted && isVisible(flavor, session)
        && (isPublic.map { $0 == flavor.isPublic } ?? true)
        && (access.map { flavor.access.contains($0) } ?? true)
    }
    return Reply(200, ["flavors": .list(shown.map { picture($0, isDetail: isDetail) })])
  }

  func getFlavor(_ id: Int, _ session: Session) throws(APIFault) -> Reply {
    guard let flavor = flavors[id], isVisible(flavor, session) else {
      throw .notFound("Flavor not found.")
    }
    return Reply(200, ["flavor": picture(flavor, isDetail: true)])
  }

  func isVisible(_ flavor: Flavor, _ session: Session) -> Bool {
    flavor.isPublic
      || flavor.access.contains { project($0)?.members.contains(session.user) ?? false }
  }

  /// The flavor of a create or resize request.
  ///
  /// - Throws: 400 for what is no number, 404 for one that cannot be seen, 403 for one that is not for
  ///   this project.
  func flavor(
    _ reference: Wire?, for project: String, _ session: Session
  ) throws(APIFault) -> Flavor {
    guard let id = reference?.id else { throw .badRequest("Invalid flavorRef.") }
    guard let flavor = flavors[id], !flavor.isDeleted, isVisible(flavor, session) else {
      throw .notFound("Flavor not found.")
    }
    guard flavor.isPublic || flavor.access.contains(project) else {
      throw .forbidden("Flavor is not for project \(project)")
    }
    return flavor
  }

  private func picture(_ flavor: Flavor, isDetail: Bool) -> Wire {
    var pairs: [(String, Wire)] = [
      ("id", .int(flavor.id)), ("name", .text(flavor.name)),
      ("links", links("compute/v2.0", "flavors/\(flavor.id)")),
    ]
    guard isDetail else { return .object(pairs) }
    pairs += [
      ("vcpus", .int(flavor.cpus)), ("ram", .int(flavor.ram)), ("disk", .int(flavor.disk)),
      ("SNF:disk_template", .text(flavor.template)),
    ]
    if settings.has("0.15") { pairs.append(("SNF:allow_create", .bool(flavor.allowsCreate))) }
    if settings.has("0.16") { pairs.append(("SNF:volume_type", .int(flavor.volumeType))) }
    if settings.has("0.20") {
      pairs.append(("os-flavor-access:is_public", .bool(flavor.isPublic)))
      pairs.append(("SNF:flavor-access", .list(flavor.access.map(Wire.text))))
    }
    return .object(pairs)
  }
}
