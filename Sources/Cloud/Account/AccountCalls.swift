import Values

extension CloudClient {
  /// What the user may still take, in every project with an accepted membership.
  package func quotas() async throws(CloudError) -> [ProjectQuotas] {
    try await ask(.get, .account, "/quotas") { (value) throws(BadField) in
      let projects = try Fields(value, path: "quotas")
      var all: [ProjectQuotas] = []
      for id in projects.names {
        let resources = try projects.object(id)
        var quotas: [String: Quota] = [:]
        for name in resources.names { quotas[name] = try Quota(resources.object(name)) }
        all.append(ProjectQuotas(projectID: id, resources: quotas))
      }
      return all
    }
  }

  /// The active projects in which the user is an active member.
  package func projects() async throws(CloudError) -> [Project] {
    try await ask(.get, .account, "/projects", query: [("mode", "member")]) {
      (value) throws(BadField) in
      try Fields.list(value, path: "projects") { (item, path) throws(BadField) in
        try Project(Fields(item, path: path))
      }
    }
  }
}

extension Quota {
  init(_ fields: Fields) throws(BadField) {
    self.init(
      limit: try fields.int("limit"), usage: try fields.int("usage"),
      pending: try fields.optionalInt("pending") ?? 0,
      projectLimit: try fields.optionalInt("project_limit") ?? Quota.unlimited,
      projectUsage: try fields.optionalInt("project_usage") ?? 0,
      projectPending: try fields.optionalInt("project_pending") ?? 0)
  }
}

extension Project {
  init(_ fields: Fields) throws(BadField) {
    id = try fields.text("id")
    name = try fields.text("name")
    state = try fields.optionalText("state") ?? "active"
    isSystemProject = try fields.optionalBool("system_project") ?? false
    endDate = try fields.optionalText("end_date")
    resources = [:]
    guard let capacities = try fields.optionalObject("resources") else { return }
    for resource in capacities.names {
      let capacity = try capacities.object(resource)
      func limit(_ key: String) throws(BadField) -> Int? {
        let number = try capacity.optionalInt(key)
        return number == Quota.unlimited ? nil : number
      }
      resources[resource] = Capacity(
        member: try limit("member_capacity"), project: try limit("project_capacity"))
    }
  }
}
