/// Quotas, projects and names of users (`/account/v1.0`).
extension World {
  func getQuotas(_ session: Session) -> Reply {
    let own = projects.inOrder.filter {
      $0.members.contains(session.user) && $0.state != "deleted"
    }
    return Reply(
      200,
      .object(
        own.map { project in
          let resources = Resource.allCases.filter { !$0.isHidden }
          return (
            project.id,
            .object(resources.map { ($0.rawValue, quota(session.user, project, $0)) })
          )
        }))
  }

  private func quota(_ user: String, _ project: Project, _ resource: Resource) -> Wire {
    let mine = use(user, project, resource)
    let all = use(nil, project, resource)
    return [
      "limit": .int(mine.limit), "usage": .int(mine.most),
      "pending": .int(mine.most - mine.least), "project_limit": .int(all.limit),
      "project_usage": .int(all.most), "project_pending": .int(all.most - all.least),
    ]
  }

  func getResources() -> Reply {
    Reply(
      200,
      .object(
        Resource.allCases.map { resource in
          let shows = Wire.bool(!resource.isHidden)
          return (
            resource.rawValue,
            [
              "unit": Wire(resource.unit), "description": .text(resource.title),
              "service": .text(resource == .storage ? "pithos_object-store" : "cyclades_compute"),
              "ui_visible": shows, "api_visible": shows,
            ]
          )
        }))
  }

  func getProjects(_ request: Request, _ session: Session) throws(APIFault) -> Reply {
    let mode = request.query("mode") ?? "related"
    let states = ["uninitialized", "active", "suspended", "terminated", "deleted"]
    let state = request.query("state")
    if let state, !states.contains(state) { throw .badRequest("Invalid state") }
    guard ["member", "related", "active"].contains(mode) else {
      throw .badRequest("Invalid mode")
    }
    let name = request.query("name")
    let owner = request.query("owner")
    let found = projects.inOrder.filter { project in
      let isMember = project.members.contains(session.user)
      let fits =
        switch mode {
        case "member": isMember && project.state == "active"
        case "active": project.state == "active"
        default: isMember || project.owner == session.user
        }
      return fits && (state.map { $0 == project.state } ?? (project.state != "deleted"))
        && (name.map { $0 == project.name } ?? true)
        && (owner.map { $0 == project.owner } ?? true)
    }
    return Reply(200, .list(found.map(picture)))
  }

  func getProject(_ id: String, _ session: Session) throws(APIFault) -> Reply {
    guard let project = project(id) else { throw .notFound("No project \(id)") }
    guard project.members.contains(session.user) || project.owner == session.user else {
      throw .forbidden("You may not see this project")
    }
    return Reply(200, picture(project))
  }

  private func picture(_ project: Project) -> Wire {
    let visible = Resource.allCases.filter { !$0.isHidden }
    let resources: [(String, Wire)] = visible.compactMap { resource in
      project.limits[resource].map {
        (
          resource.rawValue,
          ["member_capacity": .int($0.member), "project_capacity": .int($0.project)]
        )
      }
    }
    return [
      "id": .text(project.id), "name": .text(project.name), "state": .text(project.state),
      "system_project": .bool(project.isSystem), "owner": Wire(project.owner), "private": false,
      "creation_date": .text(Timestamp.text(project.created)),
      "end_date": .text(Timestamp.text(project.ends)), "homepage": "", "description": "",
      "join_policy": "moderated", "leave_policy": "auto", "max_members": 20,
      "resources": .object(resources),
    ]
  }

  func postUserCatalogs(_ request: Request) throws(APIFault) -> Reply {
    let body = try request.json()
    let ids = (body["uuids"]?.items ?? []).compactMap(\.text)
    let names = (body["displaynames"]?.items ?? []).compactMap(\.text)
    let all = users.inOrder
    return Reply(
      200,
      [
        "uuid_catalog": .object(
          all.filter { ids.contains($0.id) }.map { ($0.id, .text($0.name)) }),
        "displayname_catalog": .object(
          all.filter { names.contains($0.name) }.map { ($0.name, .text($0.id)) }),
      ])
  }

  mutating func postDefaultProject(
    _ request: Request, _ session: Session
  ) throws(APIFault) -> Reply {
    guard let id = try request.json()["project_id"]?.text else {
      throw .badRequest("Malformed request: no project_id")
    }
    guard let project = project(id), project.members.contains(session.user) else {
      throw .badRequest("Invalid project")
    }
    for (key, user) in users.rows where user.id == session.user {
      users.update(key) { $0.defaultProject = id }
    }
    return Reply(200)
  }
}
